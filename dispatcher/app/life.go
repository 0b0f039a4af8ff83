package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/pluginhost"
)

// life is the gateway's state as a whole; the zero life is starting.
type life struct{ state atomic.Int32 }

const (
	starting int32 = iota
	ready
	draining
)

func (l *life) ready() bool { return l.state.Load() == ready }

// String returns the state's name in the admin API.
func (l *life) String() string {
	switch l.state.Load() {
	case ready:
		return admin.StateReady
	case draining:
		return admin.StateDraining
	default:
		return admin.StateStarting
	}
}

// run starts the plugins, serves until ctx ends, and stops: unready first, then
// no more connections, then what is in flight, then the deliveries, then the plugins.
func (a *App) run(ctx context.Context, hangups <-chan os.Signal) error {
	watching, unwatch := context.WithCancel(ctx)
	defer unwatch()
	var watch sync.WaitGroup
	a.onClose("watch", func(context.Context) error { // after the plugins, whose end cuts a change of theirs short
		unwatch()
		watch.Wait()
		return nil
	})
	a.onClose("plugins", a.stopPlugins)
	if err := a.host.Start(ctx); err != nil {
		if ctx.Err() != nil { // told to stop while starting
			return nil // a stop is no failure
		}
		return fmt.Errorf("start the plugins: %w", err)
	}
	a.onClose("inbox", a.closeInbox) // while the plugins are still there
	a.letIn()
	a.beginDeliveries() //nolint:contextcheck // deliveries outlive whoever begins them
	a.warn(ctx)

	serving, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	served := make(chan struct{})
	go func() {
		defer close(served)
		a.report(a.gateway.Serve(serving, a.public))
	}()
	a.life.state.Store(ready)
	a.log.InfoContext(ctx, "ready", "listen", a.public.Addr().String(), "admin", a.adminAddr, "version", a.options.Version)
	a.welcome()
	watch.Go(func() { a.watch(watching) })

	failure := a.wait(ctx, hangups)
	a.life.state.Store(draining)
	unwatch()
	err := a.finish(ctx)
	<-served
	if failure != nil {
		return failure
	}
	return err
}

// letIn takes over what the plugins claim and lets the apps in. A reload may
// have come before it, so it is one change like any other.
func (a *App) letIn() {
	a.change.Lock()
	defer a.change.Unlock()
	f := a.current()
	a.mustRoute(f)
	a.gateway.SetApps(gatewayApps(f))
}

// wait returns when the gateway has to stop; nil means that it was told to.
func (a *App) wait(ctx context.Context, hangups <-chan os.Signal) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-a.failure:
			return err
		case <-hangups:
			a.reloadOnHangup(ctx)
		}
	}
}

// finish answers what is in flight. A load balancer gets shutdown_delay to look
// elsewhere before connections are refused.
func (a *App) finish(ctx context.Context) error {
	f := a.current()
	a.log.InfoContext(ctx, "stopping", "shutdown_delay", f.ShutdownDelay.String(), "shutdown_grace", f.ShutdownGrace.String())
	var failure error
	if f.ShutdownDelay > 0 {
		delay := time.NewTimer(f.ShutdownDelay)
		defer delay.Stop()
		select {
		case <-delay.C:
		case failure = <-a.failure: // nobody is served any more
		}
	}
	a.graceEnd = time.Now().Add(f.ShutdownGrace)
	grace, cancel := context.WithDeadline(context.WithoutCancel(ctx), a.graceEnd)
	defer cancel()
	return errors.Join(failure, a.gateway.Shutdown(grace))
}

func (a *App) stopPlugins(ctx context.Context) error {
	grace, cancel := context.WithTimeout(ctx, pluginGrace)
	defer cancel()
	return a.host.Close(grace)
}

// warn says what an operator should not overlook.
func (a *App) warn(ctx context.Context) {
	f := a.current()
	for id, app := range f.Apps {
		if app.Insecure {
			a.log.WarnContext(ctx, "app is insecure: anybody who reaches the listener can forge its callbacks", "app", id, "listen", f.Listen)
		}
	}
	for _, p := range a.host.Status() {
		if p.Debug && p.State != pluginhost.StateDisabled {
			a.log.WarnContext(ctx, "plugin is in debug: no health checks, and a callback may hold its place for long",
				"plugin", p.Name, "attached", p.Attached, "timeout", dispatcher.DebugTimeout.String())
		}
	}
	if len(f.Apps) == 0 {
		a.log.WarnContext(ctx, "no app is configured, so every callback is refused: add one under apps, or with --app")
	}
	for _, w := range f.Warnings {
		a.log.WarnContext(ctx, "configuration", "warning", w.Error())
	}
	for _, r := range a.dispatcher.Table().Routes() {
		if r.Before && r.Sources.OnFailure == "tencent" && r.Problem == "" {
			a.log.InfoContext(ctx, "no on_failure is set: a failed decision does what Tencent does by itself", "app", r.App, "command", r.Command, "policy", r.OnFailure)
		}
	}
}
