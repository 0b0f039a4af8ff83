package conformance

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// Verdict is what came of a check.
type Verdict string

// The verdicts.
const (
	// Passed: the plugin keeps to the contract.
	Passed Verdict = "passed"
	// Failed: it does not, or it could not be found out.
	Failed Verdict = "failed"
	// NotApplicable: the contract asks nothing of this plugin here, or an earlier
	// failure left nothing to check.
	NotApplicable Verdict = "not_applicable"
)

// Check is one check and what came of it.
type Check struct {
	// Name is one of a closed set: "handshake", "samples" …
	Name string `json:"name"`
	// Link is "mtls" or "plaintext".
	Link string `json:"link"`
	// Verdict is what came of it.
	Verdict Verdict `json:"verdict"`
	// Detail says in words what was seen, and after a failure what to do.
	Detail string `json:"detail"`
	// Took is how long it took; in JSON in nanoseconds.
	Took time.Duration `json:"took_nanos"`
}

// Report is all that was found out about a program.
type Report struct {
	// Program is its path, and SHA256 the hash of what was run.
	Program string `json:"program"`
	SHA256  string `json:"sha256"`
	// Name, Version, SDKVersion and Language are the plugin's own words.
	Name       string `json:"name,omitempty"`
	Version    string `json:"version,omitempty"`
	SDKVersion string `json:"sdk_version,omitempty"`
	Language   string `json:"language,omitempty"`
	// Passed is true when no check failed.
	Passed bool `json:"passed"`
	// Checks are in the order in which they ran.
	Checks []Check `json:"checks"`
	// Took is how long the whole took; in JSON in nanoseconds.
	Took time.Duration `json:"took_nanos"`
}

// Count returns how many checks have that verdict.
func (r Report) Count(v Verdict) int {
	n := 0
	for _, c := range r.Checks {
		if c.Verdict == v {
			n++
		}
	}
	return n
}

// WriteText writes the report for people: a line a check, and a last one that
// counts.
func (r Report) WriteText(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(tw, r.title()) // Flush returns the first error
	link := ""
	for _, c := range r.Checks {
		if c.Link != link {
			link = c.Link
			_, _ = fmt.Fprintf(tw, "\n%s\n", map[string]string{linkMTLS: "with mTLS", linkPlain: "without mTLS"}[link])
		}
		_, _ = fmt.Fprintf(tw, "  %s\t%s\t%s\t%s\n", c.Verdict.mark(), c.Name, round(c.Took), oneLine(c.Detail))
	}
	_, _ = fmt.Fprintf(tw, "\n%d passed, %d failed, %d not applicable, in %s\n",
		r.Count(Passed), r.Count(Failed), r.Count(NotApplicable), round(r.Took))
	if err := tw.Flush(); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

func (r Report) title() string {
	title := strings.TrimSpace(r.Name + " " + r.Version)
	if r.Language != "" {
		title += " (" + r.Language + ")"
	}
	if title == "" {
		return r.Program
	}
	return r.Program + ": " + title
}

func (v Verdict) mark() string {
	switch v {
	case Passed:
		return "ok"
	case Failed:
		return "FAILED"
	case NotApplicable:
		return "n/a"
	default:
		return string(v)
	}
}

func round(d time.Duration) time.Duration {
	if d > time.Second {
		return d.Round(10 * time.Millisecond)
	}
	return d.Round(10 * time.Microsecond)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// finding is what a check found.
type finding struct {
	verdict Verdict
	detail  string
}

func pass(format string, args ...any) finding { return finding{Passed, fmt.Sprintf(format, args...)} }

func fail(format string, args ...any) finding { return finding{Failed, fmt.Sprintf(format, args...)} }

func none(format string, args ...any) finding {
	return finding{NotApplicable, fmt.Sprintf(format, args...)}
}
