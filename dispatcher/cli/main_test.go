package cli_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/switchhook/switchhook/dispatcher/cli"
	"github.com/switchhook/switchhook/dispatcher/config"
	"github.com/switchhook/switchhook/dispatcher/report"
)

// TestMain lets the scripts run the real command line: they start this very
// binary again under the name switchhook.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"goodplugin": goodPlugin, "stubborn": stubborn, "switchhook": func() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		code := program().Execute(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
		stop()
		os.Exit(code)
	}})
}

// program is the command line with a gateway that says how it was called
// instead of serving.
func program() cli.Program {
	return cli.Program{
		Serve: func(_ context.Context, s cli.Serve) error {
			return json.NewEncoder(os.Stdout).Encode(struct {
				LoopbackOnly bool `json:"LoopbackOnly"`
				Config       any  `json:"Config"`
			}{s.LoopbackOnly, s.Config})
		},
		ExecPlugin: func(args []string) error {
			if _, err := fmt.Println("exec-plugin", args); err != nil { //nolint:forbidigo // The fake's whole effect.
				return err
			}
			return errors.New("exec refused")
		},
		MoveInbox: func(_ context.Context, m cli.InboxMove) (cli.InboxMoved, error) {
			if strings.Contains(m.From, "busy") {
				return cli.InboxMoved{}, errors.New("the data dir belongs to the gateway with PID 7")
			}
			m.Progress("copying", 1, 2)
			m.Progress("sending", 2, 2)
			moved := cli.InboxMoved{From: "old/inbox/inbox.db", Events: 5, Waiting: 3, Dead: 1, Subscriptions: 2, Brought: 4}
			moved.Whole = strings.Contains(m.From, "whole")
			if !m.DryRun {
				moved.Aside = "old/inbox.moved-20260102T030405Z"
			}
			return moved, nil
		},
		ExamineNATS: func(_ context.Context, file *config.File) ([]report.Finding, error) {
			if file.Inbox.NATS.Replicas == 1 {
				return []report.Finding{
					report.Fine("version", "2.15.3"), report.Broken("replicas", "one server alone keeps each event", "set inbox.nats.replicas: 3"),
				}, nil
			}
			return []report.Finding{report.Fine("version", "2.15.3"), report.Doubtful("sync", "n1 does not tell", "set sync_interval: always")}, nil
		},
		Version: cli.Version{Version: "v0.0.0-test", Commit: "abc123", Go: "go1.26 linux/amd64"},
	}
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			return errors.Join(setupGateway(env), setupGo(env))
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"apps":  func(ts *testscript.TestScript, _ bool, args []string) { gatewayOf(ts).setApps(ts, args) },
			"reply": func(ts *testscript.TestScript, _ bool, args []string) { gatewayOf(ts).setReply(ts, args) },
			"plugins": func(ts *testscript.TestScript, _ bool, args []string) {
				gatewayOf(ts).load(ts, args[0], &gatewayOf(ts).plugins)
			},
			"routes": func(ts *testscript.TestScript, _ bool, args []string) {
				gatewayOf(ts).load(ts, args[0], &gatewayOf(ts).routes)
			},
			"swap": func(ts *testscript.TestScript, _ bool, args []string) {
				gatewayOf(ts).load(ts, args[0], &gatewayOf(ts).swap)
			},
			"bypass": func(ts *testscript.TestScript, _ bool, args []string) {
				gatewayOf(ts).load(ts, args[0], &gatewayOf(ts).bypass)
			},
			"inbox": func(ts *testscript.TestScript, _ bool, args []string) {
				gatewayOf(ts).fill(ts, args[0])
			},
			"recent":   func(ts *testscript.TestScript, _ bool, args []string) { gatewayOf(ts).remember(ts, args[0]) },
			"accepts":  func(ts *testscript.TestScript, _ bool, args []string) { gatewayOf(ts).setID(args[0]) },
			"ordered":  func(ts *testscript.TestScript, _ bool, args []string) { gatewayOf(ts).ordered(ts, args) },
			"reload":   func(ts *testscript.TestScript, _ bool, args []string) { gatewayOf(ts).setReload(ts, args) },
			"received": func(ts *testscript.TestScript, _ bool, args []string) { gatewayOf(ts).write(ts, args) },
			"tls":      func(ts *testscript.TestScript, _ bool, _ []string) { gatewayOf(ts).serveTLS(ts) },
			"secure":   func(ts *testscript.TestScript, _ bool, args []string) { serveSecure(ts, args) },
			"exits":    exits,
			"signal":   signalProcess,
		},
	})
}

// setupGo lets a script use the go command: its caches are the machine's, since
// the scripts have no home. BIN is a PATH without it.
func setupGo(env *testscript.Env) error {
	out, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE").Output()
	if err != nil {
		return fmt.Errorf("ask for the go command's caches: %w", err)
	}
	caches := strings.Fields(string(out))
	bin, _, _ := strings.Cut(env.Getenv("PATH"), string(os.PathListSeparator))
	env.Vars = append(env.Vars, "GOCACHE="+caches[0], "GOMODCACHE="+caches[1], "BIN="+bin)
	return nil
}
