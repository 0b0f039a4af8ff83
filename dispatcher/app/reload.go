package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/config"
	"github.com/switchhook/switchhook/dispatcher/pluginhost"
)

var errStopping = errors.New("the gateway is stopping: the old configuration stays")

var errNothingToReload = errors.New("this gateway was started without a configuration file, so there is nothing to reload")

// current returns the configuration in force.
func (a *App) current() *config.File {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.config
}

// claimsChanged takes over what the plugins claim now.
func (a *App) claimsChanged() {
	a.change.Lock()
	defer a.change.Unlock()
	a.mustRoute(a.current())
}

// mustRoute is route for a configuration that was routed before. A claim that
// cannot be served is one of the table's problems, so an error here is a bug.
func (a *App) mustRoute(f *config.File) {
	if err := a.route(f); err != nil {
		a.log.Error("routes not taken over", "err", err)
	}
}

// route swaps in the table of f and of the plugins' claims.
func (a *App) route(f *config.File) error {
	b, err := a.blueprint(f)
	if err != nil {
		return err
	}
	table, err := a.dispatcher.Build(b)
	if err != nil {
		return fmt.Errorf("build the routes: %w", err)
	}
	known := a.dispatcher.Table().Problems()
	a.dispatcher.Swap(table)
	a.stand(f, table)
	for _, problem := range table.Problems() {
		if !slices.Contains(known, problem) {
			a.log.Error("callbacks are not routed as they should be", "problem", problem)
		}
	}
	return nil
}

// reload reads the configuration again and takes over apps, tokens, routes and
// plugins, all of them or none. Where there is nothing to read, or nobody to take it
// over, no reload is counted.
func (a *App) reload(ctx context.Context) (admin.ReloadReport, error) {
	if a.options.Load == nil {
		return admin.ReloadReport{}, errNothingToReload
	}
	if a.life.state.Load() == draining {
		return admin.ReloadReport{}, errStopping
	}
	a.change.Lock()
	defer a.change.Unlock()
	report, err := a.takeOver(ctx)
	a.reloads.reloaded(err)
	return report, err
}

// takeOver does it; App.change is held.
func (a *App) takeOver(ctx context.Context) (admin.ReloadReport, error) {
	old := a.current()
	next, err := a.options.Load()
	if err != nil {
		return admin.ReloadReport{}, fmt.Errorf("the old configuration stays: %w", err)
	}
	b, err := a.blueprint(next)
	if err != nil {
		return admin.ReloadReport{}, fmt.Errorf("the old configuration stays: %w", err)
	}
	if _, err := a.dispatcher.Build(b); err != nil {
		return admin.ReloadReport{}, fmt.Errorf("the old configuration stays: %w", err)
	}
	a.next = next
	done, err := a.host.Apply(ctx, absolute(next.PluginDir), pluginConfigs(next))
	if err != nil {
		return admin.ReloadReport{}, fmt.Errorf("the old configuration stays: %w", err)
	}
	report := admin.ReloadReport{Changed: changed(config.ReloadKeys(old, next), done), Restart: config.RestartKeys(old, next), Warnings: append(warnings(next), a.solitary(next)...)}
	a.adopt(next)
	if b := a.inbox.Load(); b != nil {
		b.Configure(inboxSettings(next)) //nolint:contextcheck // deliveries outlast whoever configures them
	}
	a.log.InfoContext(ctx, "configuration reloaded", "changed", report.Changed, "need_restart", report.Restart)
	a.warn(ctx)
	return report, nil
}

// changed adds to the keys that differ the plugins that were touched, since a
// program may be exchanged or removed without a word in the configuration.
func changed(keys []string, done pluginhost.Changes) []string {
	for _, name := range slices.Concat(done.Started, done.Replaced, done.Stopped) {
		keys = append(keys, "plugins."+name)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// switchOver sends callbacks by the configuration that is to be in force: the one
// that a reload brings, or that of the moment where plugins alone are exchanged. The
// host calls it when the new plugins answer and those that go are
// still there, so that no callback falls between the two.
func (a *App) switchOver() {
	a.mustRoute(a.next)
	a.gateway.SetApps(gatewayApps(a.next))
}

// adopt makes the live keys of next the configuration in force. The others stay
// as the gateway was started with, until it is started again.
func (a *App) adopt(next *config.File) {
	a.mu.Lock()
	defer a.mu.Unlock()
	inForce := *a.config
	inForce.Apps, inForce.Routes = next.Apps, next.Routes
	inForce.PluginDir, inForce.WatchPlugins, inForce.Plugins = next.PluginDir, next.WatchPlugins, next.Plugins
	live := next.Inbox
	live.Store, live.NATS = a.config.Inbox.Store, a.config.Inbox.NATS
	live.MaxBytes, live.DuplicateWindow = a.config.Inbox.MaxBytes, a.config.Inbox.DuplicateWindow
	inForce.Inbox = live
	inForce.Warnings = next.Warnings
	a.config = &inForce
}

// reloadOnHangup is a reload that nobody waits for, so its end is logged.
func (a *App) reloadOnHangup(ctx context.Context) {
	began := time.Now()
	report, err := a.reload(ctx)
	change := admin.Audited{At: began, What: "config reload", Err: err, Took: time.Since(began)}
	if err == nil {
		change.Result = report
	}
	a.auditOwn(ctx, viaSignal, change)
	if err != nil {
		a.log.ErrorContext(ctx, "configuration not reloaded", "err", err)
	}
}

// solitary warns of processes that a plugin does not get because it calls itself
// exclusive, which nobody knows before it has said so.
func (a *App) solitary(f *config.File) []string {
	var texts []string
	for _, p := range a.host.Status() {
		if n := f.Plugins[p.Name].Replicas; n > 1 && p.Exclusive() {
			texts = append(texts, fmt.Sprintf("plugins.%s.replicas: it is %d, and the plugin has one process, "+
				"since it calls itself exclusive: leave replicas out", p.Name, n))
		}
	}
	return texts
}

func warnings(f *config.File) []string {
	texts := make([]string, len(f.Warnings))
	for i, w := range f.Warnings {
		texts[i] = w.Error()
	}
	return texts
}
