package pluginhost_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
	"github.com/switchhook/switchhook/sdk"
)

func (h *house) record(name string) string {
	return filepath.Join(h.data, "plugins", name, "describe.json")
}

// forget does what an operator does who wants a plugin's claims forgotten.
func (h *house) forget(t *testing.T, name string) {
	t.Helper()
	if err := os.Remove(h.record(name)); err != nil {
		t.Fatal(err)
	}
}

// again starts another host in the place of one that was closed.
func (h *house) again(t *testing.T) *house {
	t.Helper()
	h.close(t)
	o := h.options
	o.Registerer = nil
	host, err := pluginhost.New(o)
	if err != nil {
		t.Fatal(err)
	}
	next := &house{Host: host, dir: h.dir, data: h.data, run: h.run, log: h.log, options: o}
	t.Cleanup(func() { next.close(t) })
	if err := host.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return next
}

// wantOrphan checks that the plugin is known for its claims alone, and says why.
func (h *house) wantOrphan(t *testing.T, name, why string) {
	t.Helper()
	s := h.status(t, name)
	if s.State != pluginhost.StateFailed || s.PID != 0 || s.ClaimsFrom != pluginhost.ClaimsStored {
		t.Errorf("status is %+v", s)
	}
	if diff := cmp.Diff([]sdk.Claim{{Pattern: testCommand, Idempotent: true}}, s.Claims); diff != "" {
		t.Errorf("its claims: %s", diff)
	}
	for _, part := range []string{why, "name " + name + " under plugins: with enabled: false", "remove " + h.record(name)} {
		if !strings.Contains(s.Error, part) {
			t.Errorf("the error does not say %q: %s", part, s.Error)
		}
	}
	if _, err := h.try(t.Context(), name, body{}); kindOf(err) != sdk.KindUnavailable {
		t.Errorf("a callback got %v", err)
	}
}

func TestAPluginWithoutItsProgramKeepsItsClaims(t *testing.T) {
	t.Parallel()
	removed := func(t *testing.T, path string) {
		t.Helper()
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	disarmed := func(t *testing.T, path string) {
		t.Helper()
		if err := os.Chmod(path, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tests := map[string]struct {
		mood string
		take func(t *testing.T, path string)
		says string
	}{
		"the file is removed":                   {"words", removed, "is missing; put it back"},
		"the file cannot be executed":           {"words", disarmed, "is not an executable file; make it one"},
		"the file of an exclusive one is taken": {"exclusive", removed, "is missing; put it back"},
	}
	for name, tt := range tests {
		t.Run(name+" before a reload", func(t *testing.T) {
			t.Parallel()
			h := start(t, tt.mood)
			pid := h.status(t, tt.mood).PID
			tt.take(t, filepath.Join(h.dir, tt.mood))
			h.wantDone(t, pluginhost.Changes{Stopped: []string{tt.mood}})
			h.wantOrphan(t, tt.mood, tt.says)
			if !gone(pid) {
				t.Error("its process runs on")
			}
			h.wantDone(t, pluginhost.Changes{})
			h.wantOrphan(t, tt.mood, tt.says)
			if err := os.RemoveAll(filepath.Join(h.dir, tt.mood)); err != nil {
				t.Fatal(err)
			}
			h.install(t, tt.mood, tt.mood)
			h.wantDone(t, pluginhost.Changes{Started: []string{tt.mood}})
			h.do(t, tt.mood, body{})
		})
		t.Run(name+" while the gateway is down", func(t *testing.T) {
			t.Parallel()
			h := start(t, tt.mood)
			h.close(t)
			tt.take(t, filepath.Join(h.dir, tt.mood))
			h.again(t).wantOrphan(t, tt.mood, tt.says)
		})
	}
}

func TestAnOrphanIsForgottenWithItsRecord(t *testing.T) {
	t.Parallel()
	h := start(t, "words")
	if err := os.Remove(filepath.Join(h.dir, "words")); err != nil {
		t.Fatal(err)
	}
	h.wantDone(t, pluginhost.Changes{Stopped: []string{"words"}})
	off := pluginhost.PluginConfig{Name: "words", Disabled: true}
	h.wantDone(t, pluginhost.Changes{}, off)
	if s := h.status(t, "words"); s.State != pluginhost.StateDisabled || len(s.Claims) != 1 {
		t.Errorf("disabled, it is %+v", s)
	}
	h.forget(t, "words")
	h.wantDone(t, pluginhost.Changes{Stopped: []string{"words"}})
	if all := h.Status(); len(all) != 0 {
		t.Errorf("still known: %+v", all)
	}
}

func TestAPluginThatIsNamedNoLongerKeepsItsClaims(t *testing.T) {
	t.Parallel()
	h := build(t, nil)
	path := filepath.Join(filepath.Dir(h.dir), "elsewhere")
	h.install(t, "far", "words")
	if err := os.Rename(filepath.Join(h.dir, "far"), path); err != nil {
		t.Fatal(err)
	}
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.wantDone(t, pluginhost.Changes{Started: []string{"far"}}, pluginhost.PluginConfig{Name: "far", Path: path})
	h.wantDone(t, pluginhost.Changes{Stopped: []string{"far"}})
	h.wantDone(t, pluginhost.Changes{})
	h.wantOrphan(t, "far", path+" is neither in the plugin directory nor named under plugins:")
	// The program is there, but nobody wants it run.
	h.close(t)
	starts := slices.DeleteFunc(h.log.states(t, "far"), func(state string) bool { return state != "starting" })
	if len(starts) != 1 {
		t.Errorf("it was started %d times", len(starts))
	}
}

func (h *house) wantDone(t *testing.T, want pluginhost.Changes, configs ...pluginhost.PluginConfig) {
	t.Helper()
	done, err := h.Apply(t.Context(), h.dir, configs)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, done); diff != "" {
		t.Errorf("what was done: %s", diff)
	}
}
