package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/config"
	"github.com/switchhook/switchhook/dispatcher/pluginhost"
)

var (
	errComing = errors.New("the gateway is starting: try again when it is ready")
	errGoing  = errors.New("the gateway is stopping, and changes nothing any more")
)

// openBrakes takes up the bypasses that were in force when the gateway ended.
func (a *App) openBrakes(ctx context.Context) error {
	a.bypasses = &bypasses{file: filepath.Join(a.config.DataDir, brakesFile)}
	a.audits = &auditLog{path: filepath.Join(a.config.DataDir, auditFile), limit: auditLimit}
	if err := a.bypasses.restore(time.Now()); err != nil {
		a.log.ErrorContext(ctx, "bypasses not taken up", "err", err)
	}
	for _, b := range a.bypasses.inForce(time.Now()) {
		a.log.WarnContext(ctx, "bypass in force", "command", b.Command, "app", b.App, "decision", b.Decision, "until", b.Until, "by", b.By)
	}
	if err := a.registry.Register(newBrakeMetrics(a)); err != nil {
		return fmt.Errorf("register the brakes' metrics: %w", err)
	}
	a.onClose("brakes", func(context.Context) error {
		a.change.Lock()
		defer a.change.Unlock()
		a.expiry.stop()
		return nil
	})
	a.change.Lock()
	defer a.change.Unlock()
	a.awaitExpiry()
	return nil
}

// expiry is the clock that takes bypasses away which are over. It only tidies up:
// the core itself stops to use them at their time. App.change guards it.
type expiry struct {
	timer *time.Timer
	ended bool
}

func (e *expiry) stop() {
	e.ended = true
	if e.timer != nil {
		e.timer.Stop()
	}
}

// awaitExpiry sets the clock to the end of the next bypass.
func (a *App) awaitExpiry() {
	if a.expiry.timer != nil {
		a.expiry.timer.Stop()
	}
	if next, found := a.bypasses.next(); found && !a.expiry.ended {
		a.expiry.timer = time.AfterFunc(time.Until(next), a.expireBypasses)
	}
}

func (a *App) expireBypasses() {
	a.change.Lock()
	defer a.change.Unlock()
	if a.expiry.ended {
		return
	}
	ctx := context.Background()
	over, err := a.bypasses.expire(time.Now())
	if err != nil {
		a.log.ErrorContext(ctx, "bypasses not kept", "err", err)
	}
	if len(over) > 0 {
		a.mustRoute(a.current())
	}
	for _, b := range over {
		a.auditOwn(ctx, viaClock, admin.Audited{At: time.Now(), What: "route bypass", Target: b.Command, Args: map[string]string{"off": "true"}, Result: b})
	}
	a.awaitExpiry()
}

// blueprint is what the core builds its table from: the configuration, the plugins'
// claims, and the brakes that are in force.
func (a *App) blueprint(f *config.File) (dispatcher.Blueprint, error) {
	b, err := blueprint(f, a.host)
	b.Bypasses = a.coreBypasses()
	a.traceAttempts(b)
	return b, err
}

// changePlugin has the host do what the order says. The configuration in force stays:
// it is what callbacks are sent by when the host switches over.
func (a *App) changePlugin(ctx context.Context, o admin.PluginOrder) (admin.Swap, error) {
	if a.life.state.Load() == draining {
		return admin.Swap{}, errGoing
	}
	a.change.Lock()
	defer a.change.Unlock()
	a.next = a.current()
	swap, err := a.tellHost(ctx, o)
	a.mustRoute(a.current()) // now, and not when the host gets round to say that claims have changed
	if err != nil {
		return admin.Swap{}, a.aftermath(err, o.Name)
	}
	return admin.Swap{
		State: string(a.pluginStatus(o.Name).State), Path: swap.Path, SHA256: swap.SHA256, Before: swap.Before, Version: swap.Version,
		Replicas: swap.Replicas, Added: swap.Added, Dropped: swap.Dropped, Warning: swap.Warning,
	}, nil
}

func (a *App) tellHost(ctx context.Context, o admin.PluginOrder) (pluginhost.Swap, error) {
	switch o.Action {
	case admin.ActionReload:
		return a.host.Reload(ctx, o.Name, pluginhost.ReloadOptions{Path: o.Path, DropClaims: o.DropClaims})
	case admin.ActionRestart:
		return a.host.Restart(ctx, o.Name)
	case admin.ActionRollback:
		return a.host.Rollback(ctx, o.Name)
	case admin.ActionEnable:
		return a.host.Enable(ctx, o.Name)
	case admin.ActionDisable:
		return a.host.Disable(ctx, o.Name)
	default:
		return pluginhost.Swap{}, fmt.Errorf("a plugin cannot be told to %s", o.Action)
	}
}

// aftermath adds to why a change failed what it has left behind, unless that is said
// already.
func (a *App) aftermath(err error, name string) error {
	p := a.pluginStatus(name)
	said := err.Error()
	switch {
	case strings.HasSuffix(said, " serves on"), strings.Contains(said, "is "+string(p.State)):
		return err
	case p.State == pluginhost.StateBackoff:
		return fmt.Errorf("%w; plugin %s is in backoff now", err, name)
	case p.State != pluginhost.StateReady:
		return fmt.Errorf("%w; plugin %s is %s now", err, name, p.State)
	default:
		return fmt.Errorf("%w; %.12s serves on", err, p.SHA256)
	}
}

func (a *App) pluginStatus(name string) pluginhost.Status {
	for _, p := range a.host.Status() {
		if p.Name == name {
			return p
		}
	}
	return pluginhost.Status{Name: name, State: pluginhost.StateStopped}
}
