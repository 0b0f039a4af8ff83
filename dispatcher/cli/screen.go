package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/report"
	"github.com/switchhook/switchhook/dispatcher/verdict"
)

// screen is what dev shows: a line for each callback on standard output, all else
// on standard error. Its methods may be called from many goroutines at once; what
// cannot be written is lost, since there is nobody else to tell.
type screen struct {
	mu       sync.Mutex
	out, err io.Writer
	json     bool
	name     string // the plugin's
}

func newScreen(c *console, name string) *screen {
	return &screen{out: c.stdout, err: c.stderr, json: c.output == jsonOutput, name: name}
}

// clock is how a time of day is shown.
const clock = "15:04:05"

// say writes a line, with the time, to standard error.
func (s *screen) say(format string, args ...any) {
	s.write(time.Now().Format(clock) + " " + fmt.Sprintf(format, args...) + "\n")
}

func (s *screen) write(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = io.WriteString(s.err, text)
}

// devReport is an answered callback, for --output json: one object a line.
type devReport struct {
	Time    time.Time `json:"time"`
	ID      string    `json:"id"`
	Command string    `json:"command"`
	// OK is false for what is shown as FAILURE.
	OK       bool     `json:"ok"`
	Outcome  string   `json:"outcome"`
	Handlers []string `json:"handlers"`
	// Error is the failed plugin's.
	Error    string         `json:"error,omitempty"`
	Status   int            `json:"status"`
	Reply    string         `json:"reply"`
	Effect   verdict.Effect `json:"effect"`
	Meaning  string         `json:"meaning"`
	Flaws    []verdict.Flaw `json:"flaws"`
	TookMS   float64        `json:"took_ms"`
	BudgetMS float64        `json:"budget_ms"`
}

// answered shows a callback that the gateway has answered.
func (s *screen) answered(a admin.Answered) {
	v := verdict.Judge(a.Callback, verdict.Answer{Status: a.Status, Body: a.Body, Took: a.Took})
	r := devReport{
		Time: a.At, ID: a.Callback.ID, Command: a.Callback.Command,
		OK: !a.Failed && len(v.Flaws) == 0, Outcome: a.Outcome, Handlers: append([]string{}, a.Plugins...),
		Status: a.Status, Reply: string(a.Body), Effect: v.Effect, Meaning: v.Meaning,
		Flaws: append([]verdict.Flaw{}, v.Flaws...), TookMS: report.Milliseconds(a.Took), BudgetMS: report.Milliseconds(verdict.Patience),
	}
	if a.Err != nil {
		r.Error = a.Err.Error()
	}
	line := r.line()
	if s.json {
		text, err := json.Marshal(r)
		if err != nil {
			return // cannot be: all of it is text and numbers
		}
		line = string(text) + "\n"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = io.WriteString(s.out, line)
}

// line puts the report into one line of words.
func (r devReport) line() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s: ", r.Time.Format(clock), r.Command)
	if !r.OK {
		fmt.Fprintf(&text, "FAILURE %s, %s; ", r.Outcome, r.reason())
		if len(r.Flaws) == 0 {
			text.WriteString("the gateway answers by policy: ")
		}
	} else if len(r.Handlers) == 0 {
		text.WriteString("no plugin claims it; ")
	}
	fmt.Fprintf(&text, "%s; %.1f ms of 2,000\n", r.Meaning, r.TookMS)
	return text.String()
}

// reason says why the callback is a failure: the plugin's own words if there are
// any.
func (r devReport) reason() string {
	switch {
	case r.Error != "":
		return flat(r.Error)
	case len(r.Flaws) > 0:
		return flat(r.Flaws[0].Text)
	default:
		return "before any plugin was asked"
	}
}

// flat puts a text on one line, and an end to it.
func flat(text string) string { return report.Clip(strings.Join(strings.Fields(text), " ")) }
