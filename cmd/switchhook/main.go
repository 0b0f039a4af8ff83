// Switchhook is a gateway for the callbacks of Tencent Cloud Chat; see
// `switchhook --help`.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/switchhook/switchhook/dispatcher/app"
	"github.com/switchhook/switchhook/dispatcher/cli"
	"github.com/switchhook/switchhook/dispatcher/pluginhost"
)

// version is the release; the linker sets it.
var version string

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	program := cli.Program{
		Serve: serve, ExecPlugin: pluginhost.ExecPlugin, MoveInbox: moveInbox, ExamineNATS: app.ExamineNATS, Version: cli.BuildVersion(version),
	}
	return program.Execute(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
}

func serve(ctx context.Context, s cli.Serve) error {
	return app.Run(ctx, app.Options{
		Config: s.Config, Load: s.Reload, LoopbackOnly: s.LoopbackOnly,
		Version: s.Version.Version, Logger: s.Logger, Welcome: s.Stderr, Observe: s.Observe,
	})
}

func moveInbox(ctx context.Context, m cli.InboxMove) (cli.InboxMoved, error) {
	moved, err := app.MoveInbox(ctx, app.Move{
		From: m.From, Config: m.Config, DryRun: m.DryRun, Progress: m.Progress, Logger: m.Logger, Version: m.Version.Version,
	})
	return cli.InboxMoved{
		From: moved.From, Whole: moved.Whole, Events: moved.Events, Waiting: moved.Waiting, Dead: moved.Dead,
		Subscriptions: moved.Subscriptions, Brought: moved.Brought, Aside: moved.Aside, Makes: moved.Makes,
	}, err
}
