package conformance_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/sdk/conformance"
)

// The temporary directory is the process's own, so this test is not parallel.
func TestWhatLeavesTheGroupIsFoundAndEnded(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	pids := filepath.Join(t.TempDir(), "pids")
	report, err := conformance.Verify(t.Context(), conformance.Options{Program: inMood(t, `leaves a daemon" PIDS="`+pids), Patience: calm / 10})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"leftovers"}, failed(report)); diff != "" {
		t.Errorf("failed checks:\n%s\n%s", diff, text(t, report))
	}
	wantGone(t, "leaves a daemon", tmp, pids)
}
