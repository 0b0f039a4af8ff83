package cli

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// grade is how a check ended.
type grade string

const (
	gradeOK   grade = "ok"
	gradeWarn grade = "warn"
	gradeFail grade = "fail"
)

// finding is what one check found, for --output json.
type finding struct {
	// Check names what was looked at, in one word or two.
	Check  string `json:"check"`
	Result grade  `json:"result"`
	Text   string `json:"text"`
	// Do says what to do about it; empty where there is nothing to do.
	Do string `json:"do,omitempty"`
}

func fine(check, text string) finding         { return finding{check, gradeOK, text, ""} }
func doubtful(check, text, do string) finding { return finding{check, gradeWarn, text, do} }
func broken(check, text, do string) finding   { return finding{check, gradeFail, text, do} }

// failures counts the findings that are failures.
func failures(found []finding) (n int) {
	for _, f := range found {
		if f.Result == gradeFail {
			n++
		}
	}
	return n
}

// writeFindings prints a line a finding, and below it what to do.
func writeFindings(w io.Writer, found []finding) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range found {
		line := fmt.Sprintf("%s\t%s\t%s\n", f.Result, f.Check, oneLine(f.Text))
		if f.Do != "" {
			line += fmt.Sprintf("\t\t→ %s\n", oneLine(f.Do))
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

// oneLine keeps what came from elsewhere from ending its line or its cell.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
