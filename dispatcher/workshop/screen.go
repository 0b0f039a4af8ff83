package workshop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/report"
	"github.com/switchhook/switchhook/dispatcher/verdict"
)

// Screen is what dev shows: a line for each callback on one writer, all else on
// another. Its methods may be called from many goroutines at once; what cannot be
// written is lost, since there is nobody else to tell.
type Screen struct {
	mu           sync.Mutex
	answers, say io.Writer
	json         bool
	replacing    atomic.Bool // the plugin's life is somebody else's to tell
	gone         atomic.Bool // the plugin was said to be
}

// NewScreen shows callbacks on answers, as JSON where asked, an object a line,
// and else in words; what is said goes to say.
func NewScreen(answers, say io.Writer, json bool) *Screen {
	return &Screen{answers: answers, say: say, json: json}
}

// clock is how a time of day is shown.
const clock = "15:04:05"

// Say writes a line, with the time, about anything but a callback.
func (s *Screen) Say(format string, args ...any) {
	s.write(time.Now().Format(clock) + " " + fmt.Sprintf(format, args...) + "\n")
}

func (s *Screen) write(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = io.WriteString(s.say, text)
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

// Answered shows a callback that the gateway has answered.
func (s *Screen) Answered(a admin.Answered) {
	v := verdict.Judge(a.Callback, verdict.Answer{Status: a.Status, Body: a.Body, Took: a.Took})
	r := devReport{
		Time: a.At, ID: a.Callback.ID, Command: a.Callback.Command,
		OK: !a.Failed && len(v.Flaws) == 0, Outcome: a.Outcome, Handlers: append([]string{}, a.Plugins...),
		Status: a.Status, Reply: string(a.Body), Effect: v.Effect, Meaning: v.Meaning,
		Flaws: append([]verdict.Flaw{}, v.Flaws...), TookMS: report.Milliseconds(a.Took), BudgetMS: report.Milliseconds(verdict.Patience),
	}
	if a.Err != nil {
		r.Error = fault(a)
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
	_, _ = io.WriteString(s.answers, line)
}

// fault is what the failed plugin did, in words of its author's: what is said of
// the connection means its process, and of a deadline the time that was over.
func fault(a admin.Answered) string {
	text := a.Err.Error()
	who := ""
	if name, _, named := strings.Cut(text, ": "); named && strings.HasPrefix(name, "plugin ") {
		who = name + ": "
	}
	switch {
	case a.Outcome == "unavailable" && strings.Contains(text, "rpc error: "):
		return who + "its process ended before it answered"
	case errors.Is(a.Err, context.DeadlineExceeded):
		return who + "no answer within its time limit, after " + report.Round(a.Took).String()
	default:
		return text
	}
}

// line puts the report into one line of words.
func (r devReport) line() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s: ", r.Time.Format(clock), r.Command)
	if !r.OK {
		fmt.Fprintf(&text, "FAILURE %s, %s; ", r.Outcome, r.reason())
		if len(r.Flaws) == 0 && r.Outcome != "bypassed" {
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
func flat(text string) string { return report.Clip(report.Line(text)) }
