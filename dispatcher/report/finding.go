package report

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// Grade is how a check ended: a closed set.
type Grade string

// The grades of a finding.
const (
	// OK: what was looked at is in order.
	OK Grade = "ok"
	// Warn: it works, and somebody should look at it. It fails nothing.
	Warn Grade = "warn"
	// Fail: it does not work.
	Fail Grade = "fail"
)

// Finding is what one check found, in words and for --output json.
type Finding struct {
	// Check names what was looked at, in one word or two.
	Check string `json:"check"`
	// Result is how the check ended.
	Result Grade `json:"result"`
	// Text says what was seen.
	Text string `json:"text"`
	// Do says what to do about it; empty where there is nothing to do.
	Do string `json:"do,omitempty"`
}

// Fine is a finding that asks for nothing.
func Fine(check, text string) Finding { return Finding{check, OK, text, ""} }

// Doubtful is a finding that warns, with what to do about it.
func Doubtful(check, text, do string) Finding { return Finding{check, Warn, text, do} }

// Broken is a finding that fails, with what to do about it.
func Broken(check, text, do string) Finding { return Finding{check, Fail, text, do} }

// Failures counts the findings that are failures.
func Failures(found []Finding) (n int) {
	for _, f := range found {
		if f.Result == Fail {
			n++
		}
	}
	return n
}

// Write prints a line a finding, and below it what to do.
func Write(w io.Writer, found []Finding) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range found {
		line := fmt.Sprintf("%s\t%s\t%s\n", f.Result, f.Check, Line(f.Text))
		if f.Do != "" {
			line += fmt.Sprintf("\t\t→ %s\n", Line(f.Do))
		}
		if _, err := io.WriteString(tw, line); err != nil {
			return fmt.Errorf("write findings: %w", err)
		}
	}
	if err := tw.Flush(); err != nil {
		return fmt.Errorf("write findings: %w", err)
	}
	return nil
}
