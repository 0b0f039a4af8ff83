package serve_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/sdktest"
	"github.com/switchhook/switchhook/sdk/serve"
)

// A whole plugin: settings with defaults, something opened and closed, one
// command handled. In a real main the last line is the plugin's Run.
func ExamplePlugin() {
	cfg := struct {
		Limit int    `json:"limit" jsonschema:"the most friends of an account"`
		Token string `json:"token" secret:"true"`
	}{Limit: 100}

	var mux sdk.Mux
	mux.HandleAny("Sns.CallbackFriendAdd", sdk.HandlerFunc(func(context.Context, sdk.Callback) (sdk.Reply, error) {
		fmt.Println("a friend more, at most", cfg.Limit)
		return sdk.Reply{}, nil
	}))
	plugin := serve.Plugin{
		Name: "friends", Version: "1.0.0", Mux: &mux, Config: &cfg, State: serve.StateLocal,
		Start: func(_ context.Context, env serve.Env) error {
			fmt.Println("open in", env.DataDir)
			return nil
		},
		Close:  func(context.Context) error { fmt.Println("close"); return nil },
		Health: func(context.Context) error { return nil },
	}

	// plugin.Run() serves it to the gateway. This does the same in one process:
	ctx := context.Background()
	link, err := sdktest.Open(ctx, plugin, sdktest.Options{DataDir: "/data/friends", Config: `{"limit": 500}`})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := link.Send(ctx, "Sns.CallbackFriendAdd", nil); err != nil {
		fmt.Println(err)
	}
	if err := link.Close(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// open in /data/friends
	// a friend more, at most 500
	// close
}

func ExamplePlugin_Run() {
	var mux sdk.Mux
	mux.HandleAny("Sns.*", sdk.HandlerFunc(func(context.Context, sdk.Callback) (sdk.Reply, error) { return sdk.Reply{}, nil }))
	plugin := serve.Plugin{Name: "friends", Version: "1.0.0", Mux: &mux}
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		plugin.Run() // does not return
	}
	fmt.Println(plugin.Name, plugin.Version)
	// Output: friends 1.0.0
}

func ExampleEnv() {
	start := func(_ context.Context, env serve.Env) error {
		if !filepath.IsAbs(env.DataDir) {
			return errors.New("the gateway always gives an absolute path")
		}
		fmt.Println(filepath.Join(env.DataDir, "rows.db"), "for", env.PluginName, "number", env.Replica)
		return nil
	}
	fmt.Println(start(context.Background(), serve.Env{DataDir: "/data/blacklist", PluginName: "blacklist"}))
	// Output:
	// /data/blacklist/rows.db for blacklist number 0
	// <nil>
}

// A plugin that keeps files must often run alone, and says so.
func ExampleInstances() {
	plugin := serve.Plugin{Name: "ledger", Instances: serve.Exclusive, State: serve.StateLocal}
	fmt.Println(plugin.Instances, plugin.State)
	// Output: exclusive local
}

func ExampleState() {
	fmt.Println(serve.StateNone, serve.StateLocal, serve.StateShared)
	// Output: none local shared
}

// NewSession is for programs that serve a plugin by other means than Run.
func ExampleNewSession() {
	_, err := serve.NewSession(serve.Plugin{Name: "empty"}, slog.Default())
	fmt.Println(err)
	// Output: serve.Plugin: Mux has no handler: bind one with sdk.On
}
