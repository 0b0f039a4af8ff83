package serve_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/sdktest"
	"github.com/switchhook/switchhook/sdk/serve"
	"github.com/switchhook/switchhook/sdk/wire"
)

func TestLifeRunsInOrder(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var steps []string
	step := func(name string) {
		mu.Lock()
		defer mu.Unlock()
		steps = append(steps, name)
	}
	var life context.Context
	entered, free := make(chan struct{}), make(chan struct{})
	p := plain(nil)
	p.Mux.HandleAny("Test.Slow", sdk.HandlerFunc(func(context.Context, sdk.Callback) (sdk.Reply, error) {
		step("callback begins")
		close(entered)
		<-free
		step("callback ends")
		return sdk.Reply{}, nil
	}))
	p.Start = func(ctx context.Context, env serve.Env) error {
		life = ctx
		if env.DataDir == "" || env.Logger == nil || env.PluginName != "plain" {
			t.Errorf("env = %+v", env)
		}
		step("start")
		return nil
	}
	p.Close = func(ctx context.Context) error {
		if ctx.Err() != nil || life.Err() == nil {
			t.Errorf("at Close: its context %v, that of Start %v", ctx.Err(), life.Err())
		}
		step("close")
		return nil
	}
	link := sdktest.Start(t, p)
	answered := make(chan error, 1)
	go func() {
		_, err := link.Send(context.Background(), "Test.Slow", "{}")
		answered <- err
	}()
	<-entered
	if life.Err() != nil {
		t.Error("the context of Start has ended already")
	}
	closed := make(chan error, 1)
	go func() { closed <- link.Close() }()
	close(free)
	if err := <-answered; err != nil {
		t.Error(err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"start", "callback begins", "callback ends", "close"}, steps); diff != "" {
		t.Error(diff)
	}
}

func TestCloseIsLeftOutWhereStartHasFailed(t *testing.T) {
	t.Parallel()
	p := plain(nil)
	p.Start = func(context.Context, serve.Env) error { return errors.New("no disk") }
	p.Close = func(context.Context) error {
		t.Error("closed what was never started")
		return nil
	}
	_, err := sdktest.Open(t.Context(), p, sdktest.Options{Logger: slog.New(slog.DiscardHandler)})
	if err == nil || err.Error() != "start: no disk" {
		t.Errorf("err = %v", err)
	}
}

func TestStartEndsWhenTheGatewayGivesUp(t *testing.T) {
	t.Parallel()
	p := plain(nil)
	begun := make(chan struct{})
	p.Start = func(ctx context.Context, _ serve.Env) error {
		close(begun)
		<-ctx.Done()
		return ctx.Err()
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-begun
		cancel()
	}()
	if _, err := sdktest.Open(ctx, p, sdktest.Options{Logger: slog.New(slog.DiscardHandler)}); err == nil {
		t.Error("a start that nobody waits for has succeeded")
	}
}

func TestErrorAndPanicOfCloseAreReported(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		close func(context.Context) error
		want  string
	}{
		"an error": {func(context.Context) error { return errors.New("disk gone") }, "disk gone"},
		"a panic":  {func(context.Context) error { panic("oops") }, "close panicked: oops"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := plain(nil)
			p.Close = test.close
			link, err := sdktest.Open(t.Context(), p, sdktest.Options{Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			if err := link.Close(); err == nil || err.Error() != test.want {
				t.Errorf("err = %v, want %s", err, test.want)
			}
		})
	}
}

func TestPurposeNotAcceptedNeverReachesTheHandler(t *testing.T) {
	t.Parallel()
	for purpose, accepted := range map[sdk.Purpose]bool{sdk.Live: true, sdk.DryRun: true, sdk.Replay: false, sdk.Purpose(99): false} {
		t.Run(purpose.String(), func(t *testing.T) {
			t.Parallel()
			p := plain(nil)
			p.Accepts = []sdk.Purpose{sdk.DryRun}
			_, err := sdktest.Start(t, p).Deliver(t.Context(), sdk.Callback{Command: "Test.Any", Purpose: purpose})
			if (err == nil) != accepted || err != nil && sdk.KindOf(err) != sdk.KindUnsupported {
				t.Errorf("err = %v", err)
			}
		})
	}
}

func TestAcceptedPurposesAreCapabilities(t *testing.T) {
	t.Parallel()
	p := plain(nil)
	p.Accepts = []sdk.Purpose{sdk.Replay, sdk.Live}
	d, err := sdktest.Start(t, p).Describe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{wire.CapabilityReplay, wire.CapabilityStream, wire.CapabilityDrain}, d.Capabilities); diff != "" {
		t.Error(diff)
	}
}

func TestHealthIsAskedOnlyAfterStart(t *testing.T) {
	t.Parallel()
	p := plain(nil)
	var started atomic.Bool
	p.Start = func(context.Context, serve.Env) error {
		started.Store(true)
		return nil
	}
	p.Health = func(context.Context) error {
		if !started.Load() {
			t.Error("asked before Start")
		}
		return errors.New("not well")
	}
	if err := sdktest.Start(t, p).Healthy(t.Context()); err == nil || err.Error() != "not well" {
		t.Errorf("err = %v", err)
	}
}

func TestMistakesOfTheAuthorAreNamed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spoil func(*serve.Plugin)
		want  string
	}{
		"no name":            {func(p *serve.Plugin) { p.Name = "" }, "serve.Plugin: Name is empty"},
		"no mux":             {func(p *serve.Plugin) { p.Mux = nil }, "serve.Plugin: Mux has no handler: bind one with sdk.On"},
		"an empty mux":       {func(p *serve.Plugin) { p.Mux = &sdk.Mux{} }, "serve.Plugin: Mux has no handler: bind one with sdk.On"},
		"config by value":    {func(p *serve.Plugin) { p.Config = storeSettings{} }, "serve.Plugin: Config is a serve_test.storeSettings: it has to point to a struct"},
		"config that cannot": {func(p *serve.Plugin) { p.Config = &struct{ C chan int }{} }, "infer config schema: ForType(struct { C chan int }): type chan int is unsupported by jsonschema"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := plain(nil)
			test.spoil(&p)
			if _, err := serve.NewSession(p, slog.New(slog.DiscardHandler)); err == nil || err.Error() != test.want {
				t.Errorf("err = %v, want %s", err, test.want)
			}
		})
	}
}
