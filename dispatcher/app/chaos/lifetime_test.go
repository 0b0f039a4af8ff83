package chaos_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/app"
	"github.com/switchhook/switchhook/dispatcher/app/apptest"
	"github.com/switchhook/switchhook/dispatcher/config"
)

// A plugin that prints before it serves is named with what it printed, and harms
// nobody else.
func TestAPluginThatPrintsBeforeServingHarmsNobodyElse(t *testing.T) {
	t.Parallel()
	f := length(t)
	g := newGateway(t, "prints")
	g.start()
	flow := g.load(f.pace, told, decided)
	for range f.times {
		if reply, err := g.misuse(""); err != nil || !strings.HasPrefix(reply, answered) || reply == okReply {
			t.Errorf("a decision without its plugin is %s (%v)", reply, err)
		}
		flow.more(t, f.requests)
	}
	if p := g.Plugin("bad"); p.State != "failed" || !strings.Contains(p.Error, "connecting to the database") {
		t.Errorf("the plugin is %+v", p)
	}
	g.wantSeries(map[string]float64{
		exits("bad", "handshake_failed"): 1, `switchhook_plugin_up{plugin="bad"}`: 0, `switchhook_plugin_up{plugin="good"}`: 1,
	})
	if ledger := flow.stop(); ledger.failed() > 0 {
		t.Errorf("the other commands: %s", &ledger)
	}
}

// A plugin that ignores SIGTERM is killed, and nobody waits for it meanwhile.
func TestAPluginThatIgnoresSIGTERMIsKilled(t *testing.T) {
	t.Parallel()
	f := length(t)
	g := newGateway(t, "author")
	g.start()
	if reply, err := g.misuse("ignore SIGTERM"); err != nil || reply != okReply {
		t.Fatalf("the plugin answers %s (%v)", reply, err)
	}
	flow := g.load(f.pace, told, decided)
	g.configure(longest, "plugins:\n  bad: {enabled: false}\n")
	g.reload()
	flow.more(t, f.requests)
	apptest.Eventually(t, "one plugin process is left", func() bool { return len(g.Processes()) == 1 })
	if p := g.Plugin("bad"); p.State != "disabled" {
		t.Errorf("the plugin is %+v", p)
	}
	g.wantSeries(map[string]float64{exits("bad", "killed_timeout"): 1, `switchhook_plugin_up{plugin="bad"}`: 0})
	if ledger := flow.stop(); ledger.failed() > 0 {
		t.Errorf("the other commands: %s", &ledger)
	}
}

// The gateway runs in the process of the tests, which ends by looking for
// goroutines that nobody has ended.
func TestNoGoroutineOutlivesTheGateway(t *testing.T) {
	t.Parallel()
	for _, raw := range []bool{false, true} {
		t.Run(role(raw), func(t *testing.T) {
			t.Parallel()
			g := newGateway(t, role(raw))
			stop := g.runHere() // with a budget that an order gets to its plugin in
			for _, m := range misbehaviours() {
				if m.raw == raw && m.outcome != "ok" {
					m.happen(t, g)
				}
			}
			if err := stop(); err != nil {
				t.Errorf("the gateway ended with %v", err)
			}
		})
	}
}

// runHere runs the gateway in this process until the returned function is called,
// which waits for its end.
func (g *gateway) runHere() (stop func() error) {
	g.t.Helper()
	load := func() (*config.File, error) { return config.Load(g.Path("switchhook.yaml"), os.LookupEnv) }
	file, err := load()
	if err != nil {
		g.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		err = app.Run(ctx, app.Options{
			Config: file, Load: load, Exec: []string{programs.Watched(g.t), "exec-plugin"},
			Logger: slog.New(slog.NewJSONHandler(g.Log, nil)),
		})
	}()
	stop = func() error {
		cancel()
		g.Client.CloseIdleConnections()
		<-done
		return err
	}
	g.t.Cleanup(func() { _ = stop() }) // where the test has not come to it
	g.Log.Await(g.t, "ready")
	g.Listen = fmt.Sprint(g.Log.Records("ready", 0)[0]["listen"])
	g.awaitPlugins()
	return stop
}

// wantSeries checks what the gateway measures.
func (g *gateway) wantSeries(wanted map[string]float64) {
	g.t.Helper()
	series := g.Series()
	for name, want := range wanted {
		if got, ok := series[name]; got != want || !ok && want != 0 {
			g.t.Errorf("%s is %g, want %g", name, got, want)
		}
	}
}
