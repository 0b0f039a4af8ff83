package conformance

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Text writes a report for people while it comes to be: a line a check, and a last
// one that counts. Checks that were left out for one reason share a line. It is for
// one goroutine at a time.
type Text struct {
	w       io.Writer
	link    string  // of the last check
	waiting []Check // unchecked for one reason, and not yet written
	err     error   // the first, after which nothing is written
}

// NewText returns a Text that writes to w.
func NewText(w io.Writer) *Text { return &Text{w: w} }

// Check writes one check, or keeps it for the line of those that follow. It fits
// [Options.Observe].
func (t *Text) Check(c Check) {
	if len(t.waiting) > 0 && (t.waiting[0].Link != c.Link || c.Result != Unchecked || t.waiting[0].Detail != c.Detail) {
		t.flush()
	}
	if c.Link != t.link {
		if t.link != "" {
			t.printf("\n")
		}
		t.link = c.Link
		t.printf("%s\n", map[string]string{linkMTLS: "with mTLS", linkPlain: "without mTLS"}[c.Link])
	}
	if c.Result == Unchecked {
		t.waiting = append(t.waiting, c)
		return
	}
	t.row(c.Result, c.Name, round(c.TookMS).String(), c.Detail)
}

// End writes the last line, and returns the first error of all that was written.
func (t *Text) End(r Report) error {
	t.flush()
	t.printf("\n%s: %d ok, %d failed, %d not applicable, %d not checked, in %s\n",
		r.title(), r.Count(Passed), r.Count(Failed), r.Count(NotApplicable), r.Count(Unchecked), round(r.TookMS))
	if t.err != nil {
		return fmt.Errorf("write report: %w", t.err)
	}
	return nil
}

// flush writes the checks that share a reason.
func (t *Text) flush() {
	if len(t.waiting) == 0 {
		return
	}
	first, last := t.waiting[0], t.waiting[len(t.waiting)-1]
	detail := first.Detail
	if n := len(t.waiting); n > 1 {
		detail = fmt.Sprintf("and all to %s, %d checks: %s", last.Name, n, detail)
	}
	t.waiting = nil
	t.row(Unchecked, first.Name, "-", detail)
}

// row aligns without knowing what follows: the names are a closed set.
func (t *Text) row(result Result, name, took, detail string) {
	t.printf("  %-11s  %-15s  %8s  %s\n", result.mark(), name, took, oneLine(detail))
}

func (t *Text) printf(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.w, format, args...)
	}
}

func (r Report) title() string {
	title := strings.TrimSpace(r.Name + " " + r.Version)
	if r.Language != "" {
		title += " (" + r.Language + ")"
	}
	if title == "" {
		return r.Program
	}
	return r.Program + ", " + title
}

func (r Result) mark() string {
	switch r {
	case Passed:
		return "ok"
	case Failed:
		return "FAILED"
	case NotApplicable:
		return "n/a"
	case Unchecked:
		return "not checked"
	default:
		return string(r)
	}
}

func round(ms float64) time.Duration {
	d := time.Duration(ms * float64(time.Millisecond))
	if d > time.Second {
		return d.Round(10 * time.Millisecond)
	}
	return d.Round(10 * time.Microsecond)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
