package pluginhost_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
	"github.com/switchhook/switchhook/sdk"
)

// A plugin that was built on the first wire keeps loading, whatever was added to
// the wire since.
func TestPluginOfTheFirstWireIsRun(t *testing.T) {
	t.Parallel()
	h := build(t, func(o *pluginhost.Options) {
		o.Plugins = []pluginhost.PluginConfig{{Name: "first", Config: []byte(`{"greeting": "good morning"}`)}}
	})
	buildFirst(t, filepath.Join(h.dir, "first"), "")
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := h.status(t, "first"); s.State != pluginhost.StateReady || len(s.Claims) != 1 {
		t.Fatalf("status is %+v", s)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	reply, err := h.Handler("first").Handle(ctx, sdk.Callback{ID: "1", Command: "Sns.CallbackFriendAdd", AppID: "1400000001", Body: []byte("{}")})
	if err != nil || reply.Info != "good morning" {
		t.Errorf("reply = %+v, %v", reply, err)
	}
}

// go-plugin itself says the major that such a plugin speaks; the host's error
// names it beside its own.
func TestPluginOfALaterProtocolIsRefusedWithBothMajors(t *testing.T) {
	t.Parallel()
	h := build(t, nil)
	buildFirst(t, filepath.Join(h.dir, "later"), "-X main.protocol=2")
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := h.status(t, "later")
	if s.State != pluginhost.StateFailed || !strings.Contains(s.Error, `plugin protocol "2", this gateway speaks 1`) {
		t.Errorf("status is %+v", s)
	}
}

// buildFirst builds the frozen plugin, without cgo, as a release is.
func buildFirst(t *testing.T, file, linked string) {
	t.Helper()
	cmd := exec.Command("go", "build", "-ldflags", "-s -w "+linked, "-o", file, "../../sdk/conformance/testdata/first")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
}
