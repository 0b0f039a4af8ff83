package conformance_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/sdk/conformance"
)

// Nothing is answered within a nanosecond.
func TestAnswerThatTencentWouldNotWaitForFailsAndEndsTheCallbacks(t *testing.T) {
	t.Parallel()
	var observed []conformance.Check
	report, err := conformance.Verify(t.Context(), conformance.Options{
		Program: inMood(t, "claims everything"), InTime: time.Nanosecond,
		Observe: func(c conformance.Check) { observed = append(observed, c) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"samples"}, failed(report)); diff != "" || report.OK {
		t.Errorf("failed checks:\n%s\n%s", diff, text(t, report))
	}
	wantDetail(t, report, "samples", "answered after ", ": Tencent waits 1ns")
	const why = "it answers too late, and each of these would wait for that: see samples"
	for _, name := range []string{"unknown_command", "unknown_keys", "hostile_bodies", "size", "parallel", "drain"} {
		if c := check(t, report, name); c.Result != conformance.Unchecked || c.Detail != why {
			t.Errorf("%s: %+v", name, c)
		}
	}
	if c := check(t, report, "stop"); c.Result != conformance.Passed {
		t.Errorf("stop: %+v", c)
	}
	if diff := cmp.Diff(report.Checks, observed); diff != "" {
		t.Errorf("what was observed is not what was reported:\n%s", diff)
	}
}

// An answer that never comes is waited for once, not once a command.
func TestAnswerThatNeverComesIsWaitedForOnce(t *testing.T) {
	t.Parallel()
	report, err := conformance.Verify(t.Context(), conformance.Options{
		Program: inMood(t, "claims everything and never answers"),
	})
	if err != nil {
		t.Fatal(err)
	}
	wantDetail(t, report, "samples", ": not answered within ", ": Tencent waits 2s")
}

// wantDetail wants a check that failed with these words.
func wantDetail(t *testing.T, report conformance.Report, name string, words ...string) {
	t.Helper()
	c := check(t, report, name)
	for _, w := range words {
		if c.Result != conformance.Failed || !strings.Contains(c.Detail, w) {
			t.Errorf("%s: %+v, want %q in it", name, c, w)
		}
	}
}
