package sdktest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/switchhook/switchhook/sdk/serve"
	"github.com/switchhook/switchhook/sdk/wire"
)

// Options say how a plugin is started. The zero value is the usual way.
type Options struct {
	// Config is the plugin's settings as a JSON object; empty means the defaults.
	Config string
	// DataDir is the plugin's data directory; empty means a fresh one that is
	// removed after the test.
	DataDir string
	// Logger gets the plugin's log; nil means the test's own log.
	Logger *slog.Logger
	// Process runs the plugin as a process of its own, with go-plugin's handshake
	// and mutual TLS, as the gateway does: what it prints, its exit code and its
	// environment are then real. The process is this test binary, which runs the
	// same test again, up to the same call, and becomes the plugin there. What
	// stands in the test before the call happens twice, and what the plugin's funcs
	// share with the test is shared no more. Only [Start] and [StartWith] can do
	// it, in tests and benchmarks.
	Process bool
}

// Link is a running plugin and the gateway's end of the link to it. Its methods
// may be called from many goroutines at once.
type Link struct {
	Sender

	client *wire.Client
	stop   func(context.Context) error // the plugin and the connection, in good order
	once   sync.Once
	err    error
}

// Start runs the plugin with its default settings until the test ends. The test
// fails at once when the plugin does not start.
func Start(tb testing.TB, p serve.Plugin) *Link {
	tb.Helper()
	return StartWith(tb, p, Options{})
}

// StartWith is [Start] with settings.
func StartWith(tb testing.TB, p serve.Plugin, o Options) *Link {
	tb.Helper()
	var place place
	if o.Process {
		place = theirs.next(tb)
		if place.here() {
			p.Run() // this process is the one that another asked for
		}
	}
	if o.DataDir == "" {
		o.DataDir = tb.TempDir()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewTextHandler(tb.Output(), nil))
	}
	link, err := start(tb.Context(), p, o, place)
	if err != nil {
		tb.Fatalf("start plugin: %v", err)
	}
	tb.Cleanup(func() {
		if err := link.Close(); err != nil {
			tb.Errorf("close plugin: %v", err)
		}
	})
	return link
}

// Open is [StartWith] for programs and for tests of a start that fails: the error
// is what the operator would read. The options need a DataDir when the plugin
// uses one. The caller closes the link.
func Open(ctx context.Context, p serve.Plugin, o Options) (*Link, error) {
	if o.Process {
		return nil, errors.New("sdktest.Open has no test that a process could run again: use sdktest.StartWith")
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return start(ctx, p, o, place{})
}

// start begins a plugin in this process, or in one of its own where place says
// what that has to run.
func start(ctx context.Context, p serve.Plugin, o Options, at place) (*Link, error) {
	begin := beginHere
	if at.outside() {
		begin = at.begin
	}
	client, stop, err := begin(p, o.Logger)
	if err != nil {
		return nil, err
	}
	link := &Link{Sender: Sender{handler: client}, client: client, stop: stop}
	if err := link.open(ctx, p.Name, o); err != nil {
		_ = link.Close() //nolint:contextcheck // closing has a patience of its own; the start's error says more
		return nil, err
	}
	return link, nil
}

func (l *Link) open(ctx context.Context, name string, o Options) error {
	if _, err := l.client.Describe(ctx); err != nil {
		return err
	}
	if err := l.client.Configure(ctx, wire.Configuration{
		Config: json.RawMessage(o.Config), DataDir: o.DataDir, PluginName: name,
	}); err != nil {
		return err
	}
	return l.client.Open(ctx)
}

// Healthy asks the plugin's Health, as the gateway does.
func (l *Link) Healthy(ctx context.Context) error { return l.client.Healthy(ctx) }

// Describe returns what the plugin says of itself, its JSON Schema included.
func (l *Link) Describe(ctx context.Context) (wire.Description, error) { return l.client.Describe(ctx) }

// Close stops the plugin as the gateway does: callbacks under way are finished,
// then the plugin's Close runs. Further calls return the same error. Tests need
// it only to look at what is left behind; [Start] closes by itself.
func (l *Link) Close() error {
	l.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), closePatience)
		defer cancel()
		l.err = l.stop(ctx)
	})
	return l.err
}

const closePatience = 10 * time.Second

// settle waits until ok, and no longer than ctx.
func settle(ctx context.Context, ok func() bool) error {
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for !ok() {
		select {
		case <-look.C:
		case <-ctx.Done():
			return fmt.Errorf("wait for the end: %w", ctx.Err())
		}
	}
	return nil
}
