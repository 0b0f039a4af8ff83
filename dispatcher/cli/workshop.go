package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/source"
	"github.com/switchhook/switchhook/sdk/imevent/samples"
)

// workshop is one run of dev: a plugin, its source, and the gateway around it.
type workshop struct {
	program Program
	tree    *source.Tree
	name    string
	setup   devSetup
	screen  *screen
	client  *admin.Client
}

// run builds, serves and rebuilds until ctx ends or the gateway gives up.
func (w *workshop) run(ctx context.Context) error {
	file, err := w.setup.load()
	if err != nil {
		return misconfigured(err)
	}
	if _, named := file.Plugins[w.name]; w.setup.file != "" && !named {
		w.screen.say("%s has no settings for plugin %s: they would stand under plugins.%s.config", w.setup.file, w.name, w.name)
	}
	if err := w.setup.prepare(); err != nil {
		return err
	}
	if w.client, err = admin.NewClient(w.setup.socket()); err != nil {
		return err
	}
	defer w.client.Close()
	if !w.firstBuild(ctx) {
		return nil
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	served := make(chan error, 1)
	go func() {
		defer stop() // a gateway that gives up ends the work
		served <- w.program.Serve(ctx, Serve{
			Config: file, Reload: w.setup.load, LoopbackOnly: true,
			Observe: w.screen.answered, Logger: w.screen.logger(), Version: w.program.Version,
		})
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
		w.screen.say("nothing is served yet: waiting for a change in %s", w.tree.Dir())
		if _, err := w.tree.Changed(ctx); err != nil {
			return false
		}
	}
	return false
}

// build builds once and says what is wrong with it, if anything is.
func (w *workshop) build(ctx context.Context) (took time.Duration, ok bool) {
	start := time.Now()
	_, err := w.tree.Build(ctx, w.setup.program())
	if ctx.Err() != nil {
		return 0, false
	}
	if failure, broken := errors.AsType[*source.BuildError](err); broken {
		w.screen.say("DOES NOT BUILD:\n%s", failure.Output)
		return 0, false
	}
	if err != nil {
		w.screen.say("NOT BUILT: %v", err)
		return 0, false
	}
	return time.Since(start), true
}

// work greets when the gateway is ready, and then takes over every change until
// ctx ends.
func (w *workshop) work(ctx context.Context) {
	status, ready := w.awaitReady(ctx)
	if !ready {
		return
	}
	w.greet(ctx, status)
	for {
		changed, err := w.tree.Changed(ctx)
		if err != nil {
			return
		}
		w.screen.say("%s changed: building", strings.Join(changed, ", "))
		if took, ok := w.build(ctx); ok {
			w.exchange(ctx, took)
		} else if ctx.Err() == nil {
			w.screen.say("the old process goes on")
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
	report, err := w.client.Reload(ctx)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		w.screen.say("NOT REPLACED, the old process goes on: %v", err)
	case len(report.Changed) == 0:
		w.screen.say("built in %s: the program is the same, so nothing changes", tenths(built))
	default:
		w.screen.say("%s replaced: built in %s, ready after another %s", w.name, tenths(built), tenths(time.Since(start)))
		w.complain(ctx)
	}
}

func tenths(d time.Duration) string { return fmt.Sprintf("%.1fs", d.Seconds()) }

// plugin returns what the gateway says of the plugin.
func (w *workshop) plugin(ctx context.Context) (admin.Plugin, bool) {
	plugins, err := w.client.Plugins(ctx)
	if err != nil {
		return admin.Plugin{}, false
	}
	at := slices.IndexFunc(plugins, func(p admin.Plugin) bool { return p.Name == w.name })
	if at < 0 {
		return admin.Plugin{}, false
	}
	return plugins[at], true
}

// complain says what keeps the plugin from working.
func (w *workshop) complain(ctx context.Context) {
	if p, ok := w.plugin(ctx); ok && p.State != pluginReady {
		w.screen.say("%s DOES NOT COME UP: %s", w.name, p.Error)
	}
}

// greet says what runs and what to type.
func (w *workshop) greet(ctx context.Context, status admin.Status) {
	url := strings.TrimSuffix(status.Listen, "/") + status.CallbackPath
	p, _ := w.plugin(ctx)
	var text strings.Builder
	if p.State == pluginReady {
		fmt.Fprintf(&text, "\n%s %s is ready at %s\n", w.name, p.Version, url)
	} else {
		fmt.Fprintf(&text, "\n%s DOES NOT COME UP: %s\nIt is tried again from time to time, and with every save. The gateway is ready at %s\n", w.name, p.Error, url)
	}
	text.WriteString("In another terminal, type:\n\n")
	for _, command := range tryable(p.Claims) {
		fmt.Fprintf(&text, "  switchhook send %s --app %s --url %s\n", command, devApp, url)
	}
	text.WriteString("\nA save builds it again and replaces it. Ctrl-C ends all.\n")
	w.screen.write(text.String())
}

// tryable returns the commands to send: those that are claimed by name, and one of
// each pattern.
func tryable(claims []admin.Claim) []string {
	var commands []string
	for _, claim := range claims {
		family, isPattern := strings.CutSuffix(claim.Pattern, "*")
		if !isPattern {
			commands = append(commands, sendable(claim.Pattern))
			continue
		}
		all := samples.Commands()
		if at := slices.IndexFunc(all, func(c string) bool { return strings.HasPrefix(c, family) }); at >= 0 {
			commands = append(commands, all[at])
		}
	}
	if len(commands) == 0 {
		commands = append(commands, "Sns.CallbackFriendAdd")
	}
	return commands
}

// sendable adds the flag that a command without a sample needs.
func sendable(command string) string {
	if _, found := samples.Request(command); !found {
		return command + " --body FILE"
	}
	return command
}
