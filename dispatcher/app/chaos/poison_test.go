package chaos_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/app/apptest"
	"github.com/switchhook/switchhook/dispatcher/pluginhost"
	"github.com/switchhook/switchhook/sdk"
)

// A callback that has ended three processes is not sent again. By HTTP each request
// is a callback of its own, and sent twice at the most; what comes again by its id, as
// from an inbox, comes this way.
func TestACallbackThatKillsEveryProcessIsParked(t *testing.T) {
	t.Parallel()
	g := newGateway(t, "author")
	host, err := pluginhost.New(pluginhost.Options{
		Dir: g.Path("plugins"), DataDir: g.Path("data"), RuntimeDir: g.Dir,
		Exec:   []string{programs.Watched(t), "exec-plugin"},
		Logger: slog.New(slog.NewJSONHandler(g.Log, nil)), BackoffBase: 10 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := host.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if err := host.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	bad := func() (found pluginhost.Status) {
		for _, s := range host.Status() {
			if s.Name == "bad" {
				found = s
			}
		}
		return found
	}
	send := func(id, do string) error {
		ctx, cancel := context.WithTimeout(t.Context(), apptest.Patience)
		defer cancel()
		_, err := host.Handler("bad").Handle(ctx, sdk.Callback{
			ID: id, AppID: shop, Command: misused, Attempt: 1, Body: []byte(`{"Do":"` + do + `"}`),
		})
		return err
	}
	for range 3 {
		before := bad().PID
		if err := send("poison", "panic in a goroutine"); sdk.KindOf(err) != sdk.KindUnavailable {
			t.Errorf("the callback ends the process with %v", err)
		}
		apptest.Eventually(t, "the plugin runs again", func() bool {
			now := bad()
			return now.State == pluginhost.StateReady && now.PID != before
		})
	}
	before := bad()
	if len(before.Parked) != 1 || before.Parked[0].ID != "poison" || before.Parked[0].Deaths != 3 {
		t.Errorf("parked is %+v", before.Parked)
	}
	if err := send("poison", "panic in a goroutine"); !errors.Is(err, pluginhost.ErrQuarantined) || sdk.KindOf(err) != sdk.KindPermanent {
		t.Errorf("it is sent again, with %v", err)
	}
	if err := send("another", ""); err != nil || bad().PID != before.PID {
		t.Errorf("another callback gets %v, from process %d after %d", err, bad().PID, before.PID)
	}
	if parked, ok := g.record("callback parked: it ends the plugin's process and is not sent to it again"); !ok || parked["id"] != "poison" {
		t.Errorf("the log tells of %v", parked)
	}
}
