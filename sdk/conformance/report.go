package conformance

import (
	"fmt"
	"io"
	"time"
)

// Result is what came of a check.
type Result string

// The results.
const (
	// Passed: the plugin keeps to the contract.
	Passed Result = "ok"
	// Failed: it does not.
	Failed Result = "fail"
	// NotApplicable: the contract asks nothing of this plugin here.
	NotApplicable Result = "not_applicable"
	// Unchecked: it was not found out, since an earlier failure left nothing to
	// check, or the time was over.
	Unchecked Result = "unchecked"
)

// Check is one check and what came of it.
type Check struct {
	// Name is one of a closed set: "handshake", "samples" …
	Name string `json:"name"`
	// Link is "mtls" or "plaintext".
	Link string `json:"link"`
	// Result is what came of it.
	Result Result `json:"result"`
	// Detail says in words what was seen, and after a failure what to do.
	Detail string `json:"detail"`
	// TookMS is how long it took, in milliseconds.
	TookMS float64 `json:"took_ms"`
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
	// OK is true when no check failed and none was left out for want of time.
	OK bool `json:"ok"`
	// Checks are in the order in which they ran.
	Checks []Check `json:"checks"`
	// TookMS is how long the whole took, in milliseconds.
	TookMS float64 `json:"took_ms"`
}

// Count returns how many checks have that result.
func (r Report) Count(result Result) int {
	n := 0
	for _, c := range r.Checks {
		if c.Result == result {
			n++
		}
	}
	return n
}

// WriteText writes the report for people, as [Text] does.
func (r Report) WriteText(w io.Writer) error {
	t := NewText(w)
	for _, c := range r.Checks {
		t.Check(c)
	}
	return t.End(r)
}

// milliseconds keeps nanoseconds as the digits behind the point.
func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// finding is what a check found.
type finding struct {
	result Result
	detail string
}

func pass(format string, args ...any) finding { return finding{Passed, fmt.Sprintf(format, args...)} }

func fail(format string, args ...any) finding { return finding{Failed, fmt.Sprintf(format, args...)} }

func none(why string) finding { return finding{NotApplicable, why} }

func unchecked(why string) finding { return finding{Unchecked, why} }
