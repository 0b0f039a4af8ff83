package app

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/pluginhost"
	"github.com/switchhook/switchhook/sdk"
)

// watch takes up the plugins' files as they change, until ctx ends. Whether it is to
// do so is read anew each time: what changes while it is off waits for a reload.
func (a *App) watch(ctx context.Context) {
	for {
		files, err := a.host.Changed(ctx)
		if err != nil {
			return // it is told to end, or the host is closed
		}
		if a.current().WatchPlugins {
			a.takeUp(ctx, files)
		}
	}
}

// takeUp has the host take up changed files. Nobody waits for that, so its end is
// logged, and drift shows what was refused for as long as it lies there.
func (a *App) takeUp(ctx context.Context, files []string) {
	began := time.Now()
	done, err := a.refresh(ctx)
	if a.life.state.Load() == draining {
		return // what the end of the gateway cut short is taken up by its next start
	}
	change := admin.Audited{At: began, What: "plugin files", Args: map[string]string{"files": strings.Join(files, " ")}, Err: err, Took: time.Since(began)}
	touched := touchedBy(done)
	if len(touched) > 0 {
		change.Result = touched
		a.log.InfoContext(ctx, "changed plugin files taken up", "files", files, "plugins", touched)
	}
	if err != nil {
		a.log.ErrorContext(ctx, "changed plugin files not taken up", "files", files, "err", err)
	}
	a.reloads.tookUp(err, len(touched) > 0)
	if err != nil || len(touched) > 0 {
		a.auditOwn(ctx, viaFile, change)
	}
}

// touchedBy names the plugins by what was done to them.
func touchedBy(done pluginhost.Changes) map[string][]string {
	touched := map[string][]string{"started": done.Started, "replaced": done.Replaced, "stopped": done.Stopped}
	maps.DeleteFunc(touched, func(_ string, names []string) bool { return len(names) == 0 })
	return touched
}

// refresh is one change like any other. The end of the gateway does not tear it
// apart: closing the host ends it in good order.
func (a *App) refresh(ctx context.Context) (pluginhost.Changes, error) {
	a.change.Lock()
	defer a.change.Unlock()
	a.next = a.current()
	done, err := a.host.Refresh(context.WithoutCancel(ctx))
	a.mustRoute(a.current())
	return done, err
}

// admit refuses a program that was only found where its claims would leave commands
// without anybody who is asked: a copy that somebody left beside a plugin's file claims
// what the plugin claims.
func (a *App) admit(name string, claims []sdk.Claim) error {
	b, err := a.blueprint(a.next)
	if err != nil {
		return err
	}
	b.Plugins = slices.DeleteFunc(b.Plugins, func(p dispatcher.Plugin) bool { return p.Name == name })
	b.Plugins = append(b.Plugins, dispatcher.Plugin{Name: name, Handler: a.host.Handler(name), Claims: claims})
	table, err := a.dispatcher.Build(b)
	if err != nil {
		return err
	}
	known := a.dispatcher.Table().Problems()
	for _, problem := range table.Problems() {
		if !slices.Contains(known, problem) {
			return fmt.Errorf("with it, %s\nthen `switchhook config reload`; or take the file out of the plugin directory", problem)
		}
	}
	return nil
}
