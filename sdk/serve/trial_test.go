package serve_test

import (
	"context"
	"errors"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/serve"
)

// roleKey makes the test binary run as a plugin.
const roleKey = "SERVE_TEST_ROLE"

// stray prints before any code of a plugin's main could run.
var stray = func() bool {
	if os.Getenv(roleKey) != "" {
		_, _ = os.Stdout.WriteString("a stray print from a package variable\n")
	}
	return true
}()

func TestMain(m *testing.M) {
	switch os.Getenv(roleKey) {
	case "plugin":
		_, _ = os.Stdout.WriteString("a stray print from main\n")
		trial().Run()
	case "plugin of another user":
		if err := trial().WaitFor(os.Geteuid() + 1); err != nil {
			os.Exit(1)
		}
	case "parent":
		becomeParent()
	default:
		os.Exit(m.Run())
	}
}

type settings struct {
	Greeting string            `json:"greeting" jsonschema:"what the plugin says"`
	Token    string            `json:"token" secret:"true"`
	Names    map[string]string `json:"names"`
}

// trial is the plugin that the processes of these tests run.
func trial() serve.Plugin {
	var mux sdk.Mux
	cfg := settings{Greeting: "hello", Names: map[string]string{"a": "b"}}
	mux.HandleAny("Test.Greet", sdk.HandlerFunc(func(ctx context.Context, cb sdk.Callback) (sdk.Reply, error) {
		_, _ = os.Stdout.WriteString("a stray print from a handler\n")
		slog.InfoContext(ctx, "greeting", "id", cb.ID)
		log.Print("by the log package")
		return sdk.Reply{Info: cfg.Greeting, Code: len(cfg.Names) - 1}, nil
	}))
	mux.HandleAny("Test.Panic", sdk.HandlerFunc(func(context.Context, sdk.Callback) (sdk.Reply, error) {
		panic("on purpose")
	}))
	mux.HandleAny("Test.Slow", sdk.HandlerFunc(func(ctx context.Context, _ sdk.Callback) (sdk.Reply, error) {
		slog.InfoContext(ctx, "slow begins")
		select {
		case <-ctx.Done():
		case <-time.After(300 * time.Millisecond):
		}
		return sdk.Reply{Info: "slowly"}, ctx.Err()
	}))
	mux.HandleAny("Test.Stuck", sdk.HandlerFunc(func(ctx context.Context, _ sdk.Callback) (sdk.Reply, error) {
		return sdk.Reply{}, stick(ctx)
	}))
	return serve.Plugin{
		Name: "trial", Version: "1.2.3", Help: "For tests.", Mux: &mux, Config: &cfg, State: serve.StateLocal,
		Start: func(ctx context.Context, env serve.Env) error {
			env.Logger.InfoContext(ctx, "started", "data_dir", env.DataDir, "name", env.PluginName, "replica", env.Replica)
			if cfg.Greeting == "stuck" {
				return stick(ctx)
			}
			if cfg.Greeting == "none" {
				return errors.New("greeting none is rude")
			}
			return nil
		},
		Close: func(ctx context.Context) error {
			slog.InfoContext(ctx, "closed")
			return nil
		},
		Health: func(context.Context) error {
			if cfg.Greeting == "ill" {
				return errors.New("the greeter is ill")
			}
			return nil
		},
	}
}

// stick returns at a SIGUSR1, whatever becomes of its context.
func stick(ctx context.Context) error {
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGUSR1)
	defer signal.Stop(told)
	slog.InfoContext(ctx, "stuck")
	<-told
	return nil
}
