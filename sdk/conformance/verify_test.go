package conformance_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/sdk/conformance"
)

// calm is for plugins that answer everything: it bounds waits that end long before.
const calm = 30 * time.Second

func TestOurOwnPluginsPassWithAndWithoutMTLS(t *testing.T) {
	t.Parallel()
	mains, err := filepath.Glob("../../plugins/*/main.go")
	if err != nil || len(mains) == 0 {
		t.Fatalf("plugins: %v, %v", mains, err)
	}
	for _, main := range mains {
		name := filepath.Base(filepath.Dir(main))
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report, err := conformance.Verify(t.Context(), conformance.Options{
				Program: program(name), MTLS: conformance.MTLSBoth, Patience: calm, InTime: calm,
			})
			if err != nil {
				t.Fatal(err)
			}
			if !report.OK || report.Count(conformance.Failed) > 0 {
				t.Errorf("it fails:\n%s", text(t, report))
			}
			if report.Name != name || report.Language != "go" || len(report.SHA256) != 64 {
				t.Errorf("report = %+v", report)
			}
			links := map[string]int{}
			for _, c := range report.Checks {
				links[c.Link]++
				if c.Detail == "" {
					t.Errorf("%s says nothing", c.Name)
				}
			}
			if diff := cmp.Diff(map[string]int{"mtls": 20, "plaintext": 20}, links); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSettingsReachThePlugin(t *testing.T) {
	t.Parallel()
	report, err := conformance.Verify(t.Context(), conformance.Options{
		Program: program("blacklist"), Config: json.RawMessage(`{"busy_timeout": "soon"}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"settings", "configure"}, failed(report)); diff != "" {
		t.Error(diff)
	}
	if detail := check(t, report, "configure").Detail; !strings.Contains(detail, `busy_timeout is "soon"`) {
		t.Errorf("configure says %q", detail)
	}
}

// A report is pasted into tickets.
func TestAReportHoldsNoSecretOfTheSettings(t *testing.T) {
	t.Parallel()
	report, err := conformance.Verify(t.Context(), conformance.Options{
		Program: inMood(t, "quotes its secrets"),
		Config:  json.RawMessage(`{"a": "tok\u00e9n-of-the-shop", "keys": ["first \"key\"", "second key"], "host": "db.example"}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	detail := check(t, report, "configure").Detail
	if want := `"db.example" does not take "[redacted]" and ["[redacted]", "[redacted]"]`; !strings.Contains(detail, want) {
		t.Errorf("configure says %s, not %s", detail, want)
	}
	for _, secret := range []string{"of-the-shop", "first", "second"} {
		if strings.Contains(text(t, report), secret) {
			t.Errorf("the report holds %q:\n%s", secret, text(t, report))
		}
	}
}

func TestOptionsThatCannotWorkAreNamed(t *testing.T) {
	t.Parallel()
	plain := filepath.Join(t.TempDir(), "plain")
	if err := os.WriteFile(plain, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		options conformance.Options
		option  string
		words   string
	}{
		"a program that is not there":     {conformance.Options{Program: "/no/such/file"}, "Program", "there is no file /no/such/file"},
		"a program that is a directory":   {conformance.Options{Program: t.TempDir()}, "Program", "is not a regular file"},
		"a program that cannot be run":    {conformance.Options{Program: plain}, "Program", "chmod +x " + plain},
		"a way to secure the link":        {conformance.Options{Program: program("bad"), MTLS: "maybe"}, "MTLS", `"maybe" is neither auto, off nor both`},
		"settings that are not an object": {conformance.Options{Program: program("bad"), Config: json.RawMessage(`[1]`)}, "Config", "one JSON object"},
		"settings that are null":          {conformance.Options{Program: program("bad"), Config: json.RawMessage(`null`)}, "Config", "null"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := conformance.Verify(t.Context(), test.options)
			wrong, ok := errors.AsType[*conformance.OptionError](err)
			if !ok || wrong.Option != test.option || !strings.Contains(err.Error(), test.words) {
				t.Errorf("err = %v", err)
			}
		})
	}
}

func TestWhatIsNotCheckedInTimeIsNoFailureAndNotInOrder(t *testing.T) {
	t.Parallel()
	report, err := conformance.Verify(t.Context(), conformance.Options{Program: program("bad"), Timeout: time.Nanosecond})
	if err != nil {
		t.Fatal(err)
	}
	if report.OK || report.Count(conformance.Unchecked) != len(report.Checks) {
		t.Errorf("a run without time:\n%s", text(t, report))
	}
	if detail := check(t, report, "handshake").Detail; detail != "the time for the whole was over" {
		t.Errorf("handshake says %q", detail)
	}
}

// The temporary directory is the process's own, so this test is not parallel.
func TestNothingIsLeftBehind(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	for _, mood := range []string{"leaves a child", "ignores SIGTERM", "hangs on odd bodies"} {
		pids := filepath.Join(t.TempDir(), "pids")
		_, err := conformance.Verify(t.Context(), conformance.Options{
			Program: inMood(t, mood+`" PIDS="`+pids), Patience: time.Second, Timeout: time.Minute,
		})
		if err != nil {
			t.Fatal(err)
		}
		wantGone(t, mood, tmp, pids)
	}
}

func TestNothingIsLeftBehindWhenTheCallerGivesUp(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	pids := filepath.Join(t.TempDir(), "pids")
	ctx, cancel := context.WithCancel(t.Context())
	type outcome struct {
		report conformance.Report
		err    error
	}
	ended := make(chan outcome, 1)
	go func() {
		report, err := conformance.Verify(ctx, conformance.Options{
			Program: inMood(t, `hangs on odd bodies" PIDS="`+pids), Patience: time.Hour, InTime: time.Hour,
		})
		ended <- outcome{report, err}
	}()
	eventually(t, func() bool {
		raw, _ := os.ReadFile(pids)
		return strings.Count(string(raw), "\n") == 2 // the process that hangs
	})
	cancel()
	result := <-ended
	if !errors.Is(result.err, context.Canceled) {
		t.Errorf("err = %v", result.err)
	}
	if c := check(t, result.report, "handshake"); c.Result != conformance.Passed {
		t.Errorf("what was found is lost: handshake: %+v", c)
	}
	if c := check(t, result.report, "leftovers"); c.Result != conformance.Unchecked || c.Detail != "it was interrupted" {
		t.Errorf("leftovers: %+v", c)
	}
	if n := result.report.Count(conformance.Failed); n > 0 || result.report.OK {
		t.Errorf("what was interrupted has failed, or is in order:\n%s", text(t, result.report))
	}
	wantGone(t, "given up", tmp, pids)
}

// wantGone wants an empty temporary directory, and no process of those in the
// file.
func wantGone(t *testing.T, mood, tmp, pids string) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(tmp, "sh*"))
	if err != nil || len(left) > 0 {
		t.Errorf("%q: left behind: %v (%v)", mood, left, err)
	}
	raw, err := os.ReadFile(pids)
	if err != nil || len(raw) == 0 {
		t.Fatalf("%q: no process was noted: %v", mood, err)
	}
	for field := range strings.FieldsSeq(string(raw)) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, func() bool { return isGone(pid) })
	}
}

// isGone reports whether a process is no more, or is dead and waits to be
// collected by whoever inherited it.
func isGone(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return errors.Is(err, os.ErrNotExist)
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(after, "Z")
}

// eventually waits for a condition.
func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	end := time.After(time.Minute)
	for !ok() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatal("the condition never came true")
		}
	}
}
