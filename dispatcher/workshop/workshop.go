package workshop

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/source"
)

// App is the app of the gateway in the workshop. It has no token.
const App = "1400000001"

// Options say what to work on, and with what.
type Options struct {
	// Name is the plugin's.
	Name string
	// Tree is its source.
	Tree *source.Tree
	// Program is the file to build, where the gateway finds it. Its directory has
	// to exist.
	Program string
	// Socket is where the gateway's admin side will be.
	Socket string
	// Screen shows what happens.
	Screen *Screen
	// Serve runs the gateway until ctx ends. It tells observe of every callback
	// that was answered, and logs to log.
	Serve func(ctx context.Context, observe func(admin.Answered), log *slog.Logger) error
}

// workshop is one run.
type workshop struct {
	Options

	client *admin.Client
}

// Run builds the plugin, serves it once it builds, and takes over every change
// until ctx ends, which is no failure. An error is the gateway's, which has given
// up, or says that there is no place for its socket.
func Run(ctx context.Context, o Options) error {
	client, err := admin.NewClient(o.Socket)
	if err != nil {
		return err
	}
	defer client.Close()
	w := &workshop{Options: o, client: client}
	if !w.firstBuild(ctx) {
		return nil
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	served := make(chan error, 1)
	go func() {
		defer stop() // a gateway that gives up ends the work
		served <- w.Serve(ctx, w.Screen.Answered, w.Screen.logger())
	}()
	w.work(ctx)
	stop()
	return <-served
}

// firstBuild builds until it succeeds; false means that ctx ended first.
func (w *workshop) firstBuild(ctx context.Context) bool {
	for ctx.Err() == nil {
		if _, ok := w.build(ctx); ok {
			return true
		}
		w.Screen.Say("nothing is served yet: waiting for a change in %s", w.Tree.Dir())
		if _, err := w.Tree.Changed(ctx); err != nil {
			return false
		}
	}
	return false
}

// build builds once and says what is wrong with it, if anything is.
func (w *workshop) build(ctx context.Context) (took time.Duration, ok bool) {
	start := time.Now()
	_, err := w.Tree.Build(ctx, w.Program)
	if ctx.Err() != nil {
		return 0, false
	}
	if failure, broken := errors.AsType[*source.BuildError](err); broken {
		w.Screen.Say("DOES NOT BUILD:\n%s", failure.Output)
		return 0, false
	}
	if err != nil {
		w.Screen.Say("NOT BUILT: %v", err)
		return 0, false
	}
	return time.Since(start), true
}

// work greets when the gateway is ready, and then takes over every change until
// ctx ends.
func (w *workshop) work(ctx context.Context) {
	status, up := w.awaitReady(ctx)
	if !up {
		return
	}
	w.greet(ctx, status)
	for {
		changed, err := w.Tree.Changed(ctx)
		if err != nil {
			return
		}
		w.Screen.Say("%s changed: building", strings.Join(changed, ", "))
		if took, ok := w.build(ctx); ok {
			w.exchange(ctx, took)
		} else if ctx.Err() == nil {
			w.Screen.Say("the old process goes on")
		}
	}
}

// awaitReady waits for the gateway; false means that ctx ended first.
func (w *workshop) awaitReady(ctx context.Context) (admin.Status, bool) {
	const pause = 20 * time.Millisecond
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		if status, err := w.client.Status(ctx); err == nil && status.State == admin.StateReady {
			return status, true
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return admin.Status{}, false
		}
	}
}

// exchange has the gateway take over the new program, if it is one.
func (w *workshop) exchange(ctx context.Context, built time.Duration) {
	start := time.Now()
	w.Screen.replacing.Store(true)
	defer w.Screen.replacing.Store(false)
	report, err := w.client.Reload(ctx)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		w.Screen.Say("NOT REPLACED, the old process goes on: %s", cause(err))
	case len(report.Changed) == 0:
		w.Screen.Say("built in %s: the program is the same, so nothing changes", tenths(built))
	default:
		w.Screen.Say("%s replaced: built in %s, ready after another %s", w.Name, tenths(built), tenths(time.Since(start)))
		w.complain(ctx)
	}
}

// cause is why a program was not taken over, without what is said on the way from
// the plugin host to here. A process that told why it ended is a plugin, whatever
// it looked like from outside.
func cause(err error) string {
	text := err.Error()
	if _, after, found := strings.Cut(text, " did not come up: "); found {
		text = after
	}
	const outside, inside = "it is no Switchhook plugin, or ended too soon: ", ", without a handshake on standard output"
	said := strings.TrimSuffix(strings.TrimPrefix(text, outside), inside)
	if said != text && strings.Contains(said, ": ") {
		return said
	}
	return text
}

func tenths(d time.Duration) string { return fmt.Sprintf("%.1fs", d.Seconds()) }

// plugin returns what the gateway says of the plugin.
func (w *workshop) plugin(ctx context.Context) (admin.Plugin, bool) {
	plugins, err := w.client.Plugins(ctx)
	if err != nil {
		return admin.Plugin{}, false
	}
	at := slices.IndexFunc(plugins, func(p admin.Plugin) bool { return p.Name == w.Name })
	if at < 0 {
		return admin.Plugin{}, false
	}
	return plugins[at], true
}

// ready is the state of a plugin that works, see [admin.Plugin].
const ready = "ready"

// complain says what keeps the plugin from working.
func (w *workshop) complain(ctx context.Context) {
	if p, ok := w.plugin(ctx); ok && p.State != ready {
		w.Screen.Say("%s DOES NOT COME UP: %s", w.Name, p.Error)
	}
}
