package pluginhost_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
	"github.com/switchhook/switchhook/sdk"
)

func TestRefreshTakesEachFileByItself(t *testing.T) {
	t.Parallel()
	h := start(t, "good", "bad", "old")
	before := pids(h)
	rebuild(t, filepath.Join(h.dir, "good"))
	h.install(t, "bad", "fails")
	h.install(t, "new", "new")
	if err := os.Remove(filepath.Join(h.dir, "old")); err != nil {
		t.Fatal(err)
	}
	done, err := h.Refresh(t.Context())
	want := pluginhost.Changes{Started: []string{"new"}, Replaced: []string{"good"}, Stopped: []string{"old"}}
	if diff := cmp.Diff(want, done); diff != "" {
		t.Error(diff)
	}
	if err == nil || !strings.Contains(err.Error(), "plugin bad did not come up") {
		t.Errorf("the error is %v", err)
	}
	after := pids(h)
	if after["good"] == before["good"] || after["bad"] != before["bad"] || after["old"] != 0 {
		t.Errorf("processes were %v and are %v", before, after)
	}
	for _, name := range []string{"good", "bad", "new"} {
		h.do(t, name, body{})
	}
}

// A copy that somebody leaves beside a plugin's file for safety must not come between
// the plugin and its callbacks.
func TestRefreshLeavesCopiesAlone(t *testing.T) {
	t.Parallel()
	var asked []string
	h := build(t, func(o *pluginhost.Options) {
		o.Admit = func(plugin string, claims []sdk.Claim) error {
			asked = append(asked, plugin)
			if plugin == "rival" {
				return errors.New("two would decide")
			}
			return nil
		}
	})
	h.install(t, "words", "words")
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.install(t, "words.bak", "words")
	h.install(t, "rival", "rival")
	h.install(t, "other", "other")
	done, err := h.Refresh(t.Context())
	if diff := cmp.Diff(pluginhost.Changes{Started: []string{"other"}}, done); diff != "" {
		t.Error(diff)
	}
	for _, part := range []string{
		"plugin words.bak is not taken up: it calls itself words, as plugin words does", "plugin rival is not taken up: two would decide",
	} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("the error does not say %q: %v", part, err)
		}
	}
	slices.Sort(asked)
	if diff := cmp.Diff([]string{"other", "rival", "words.bak"}, asked); diff != "" {
		t.Error(diff)
	}
	if _, err := os.Stat(h.record("words.bak")); err == nil {
		t.Error("a plugin that was not taken up is remembered")
	}
	h.do(t, "words", body{})
}

// What is asked of a plugin while a start of its old program is under way is done when
// that has failed.
func TestAFileThatIsMendedDuringAStartIsTakenUp(t *testing.T) {
	t.Parallel()
	h := build(t, nil)
	writeScript(t, filepath.Join(h.dir, "words"), "sleep 1; exit 7")
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.await(t, "words", func(s pluginhost.Status) bool { return s.State == pluginhost.StateStarting && s.Restarts > 0 })
	h.install(t, "words", "words")
	if _, err := h.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.await(t, "words", func(s pluginhost.Status) bool { return s.State == pluginhost.StateReady })
	h.do(t, "words", body{})
}
