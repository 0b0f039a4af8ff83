package pluginhost_test

import (
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
)

const shares = "the events are shared"

// elsewhere has a host take no plugin that keeps its state on this machine.
func elsewhere(o *pluginhost.Options) { o.NoLocalState = shares }

func TestAPluginWithStateOnThisMachineIsRefusedWhereItIsNotWanted(t *testing.T) {
	t.Parallel()
	h := startWith(t, elsewhere, "keeps files", "serve")
	h.do(t, "serve", body{})
	s := h.status(t, "keeps-files")
	if s.State != pluginhost.StateFailed || !strings.Contains(s.Error, shares) || !strings.Contains(s.Error, "plugins.keeps-files.local_state: allow") {
		t.Errorf("it is %s: %s", s.State, s.Error)
	}
	if len(s.Claims) != 1 || s.Claims[0].Pattern != testCommand || s.ClaimsFrom != pluginhost.ClaimsLive {
		t.Errorf("it claims %v by %q: what it claims has to wait for it", s.Claims, s.ClaimsFrom)
	}
}

func TestAPluginsStateMayBeAllowedByAReload(t *testing.T) {
	t.Parallel()
	h := startWith(t, elsewhere, "keeps files")
	allowed := []pluginhost.PluginConfig{{Name: "keeps-files", AllowLocalState: true}}
	if _, err := h.Apply(t.Context(), h.dir, allowed); err != nil {
		t.Fatal(err)
	}
	before := h.do(t, "keeps-files", body{})
	_, err := h.Apply(t.Context(), h.dir, nil)
	if err == nil || !strings.Contains(err.Error(), shares) {
		t.Errorf("a reload that allows it no longer says %v", err)
	}
	if after := h.do(t, "keeps-files", body{}); after.PID != before.PID {
		t.Error("the reload that failed did not leave it alone")
	}
}

// A file that is replaced meanwhile is looked at as any other.
func TestAProgramThatNoLongerKeepsItsStateHereIsTakenUp(t *testing.T) {
	t.Parallel()
	h := startWith(t, elsewhere, "keeps files")
	h.install(t, "keeps-files", "serve")
	if _, err := h.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.await(t, "keeps-files", func(s pluginhost.Status) bool { return s.State == pluginhost.StateReady })
}
