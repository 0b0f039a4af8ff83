package app

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/config"
	"github.com/switchhook/switchhook/dispatcher/gateway"
	"github.com/switchhook/switchhook/dispatcher/pluginhost"
)

// pluginGrace is how long the plugins may take to end once the gateway has
// answered its last callback.
const pluginGrace = 15 * time.Second

// Options are what a gateway is made from.
type Options struct {
	// Config is the configuration to start with.
	Config *config.File
	// Load reads the configuration again, for a reload. Nil means that there is
	// nothing to read again.
	Load func() (*config.File, error)
	// LoopbackOnly refuses a public listener that other machines can reach,
	// wherever it comes from.
	LoopbackOnly bool
	// Version is the gateway's own.
	Version string
	// Exec is the argument list that runs pluginhost.ExecPlugin; nil means this
	// program's own hidden command for it.
	Exec []string
	// Logger gets everything that an operator should know; nil means
	// slog.Default.
	Logger *slog.Logger
	// Observe is told of every callback that was answered, by the goroutine that
	// answered it, which waits; nil observes nothing.
	Observe func(admin.Answered)
	// Welcome gets a few words for the person at the terminal once the gateway is
	// ready; nil means none.
	Welcome io.Writer
}

// normalize returns o with its defaults filled in.
func (o Options) normalize() (Options, error) {
	if o.Config == nil {
		return o, errors.New("app options: Config is missing")
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Exec == nil {
		program, err := os.Executable()
		if err != nil {
			return o, fmt.Errorf("find this program: %w", err)
		}
		if _, err := os.Stat(ownImage); err == nil {
			program = ownImage
		}
		o.Exec = []string{program, "exec-plugin"}
	}
	return o, nil
}

// ownImage is the program that runs, even when its file has been replaced since;
// it exists on Linux alone.
const ownImage = "/proc/self/exe"

// gatewayApps are the apps as the gateway's checks know them.
func gatewayApps(f *config.File) []gateway.App {
	apps := make([]gateway.App, 0, len(f.Apps))
	for id, app := range f.Apps {
		tokens := make([]string, len(app.Tokens))
		for i, token := range app.Tokens {
			tokens[i] = string(token)
		}
		apps = append(apps, gateway.App{ID: id, Tokens: tokens, Insecure: app.Insecure})
	}
	return apps
}

// pluginConfigs are the plugins as their host knows them.
func pluginConfigs(f *config.File) []pluginhost.PluginConfig {
	plugins := make([]pluginhost.PluginConfig, 0, len(f.Plugins))
	for name, p := range f.Plugins {
		secrets := make([]string, len(p.Secrets))
		for i, secret := range p.Secrets {
			secrets[i] = secret.Reveal()
		}
		plugins = append(plugins, pluginhost.PluginConfig{
			Name: name, Path: p.Path, SHA256: p.SHA256, MTLS: pluginhost.MTLS(p.MTLS),
			Config: p.Config, Secrets: secrets, Disabled: !p.Enabled, Debug: p.Debug, Reattach: p.Reattach,
			Replicas: p.Replicas, OnError: pluginhost.OnError(p.OnError), Restarts: p.Restart.Budget, Window: p.Restart.Window,
			// To the host nought means the usual; to the operator it means not to wait.
			MaxInFlight: p.MaxInFlight, MaxWait: max(p.MaxWait, time.Nanosecond),
			AllowLocalState: p.AllowsLocalState(),
			InPlace:         p.InPlace, Files: p.Files, LogLevel: p.LogLevel, Env: p.Env, Isolation: isolation(p.Isolation),
		})
	}
	return plugins
}

// isolation is what a plugin may not do, as the host knows it.
func isolation(i config.Isolation) pluginhost.Isolation {
	o := pluginhost.Isolation{
		User: i.User, Memory: int64(i.Memory), Files: i.Files, CPU: i.CPU, Core: int64(i.Core), NewPrivileges: !i.NoNewPrivs,
	}
	if l := i.Landlock; l != nil {
		o.Landlock = &pluginhost.Landlock{Read: l.Read, Write: l.Write, Network: l.Network, BestEffort: l.BestEffort}
	}
	return o
}

// blueprint is what the core builds its table from: the file's words and the
// plugins' claims.
func blueprint(f *config.File, host *pluginhost.Host) (dispatcher.Blueprint, error) {
	routes, err := routeConfigs(f.Routes)
	if err != nil {
		return dispatcher.Blueprint{}, err
	}
	b := dispatcher.Blueprint{Routes: routes}
	for id, app := range f.Apps {
		routes, err := routeConfigs(app.Routes)
		if err != nil {
			return dispatcher.Blueprint{}, err
		}
		b.Apps = append(b.Apps, dispatcher.App{ID: id, Name: app.Name, MaxInFlight: app.MaxInFlight, Routes: routes})
	}
	for _, p := range host.Status() {
		b.Plugins = append(b.Plugins, dispatcher.Plugin{Name: p.Name, Handler: host.Handler(p.Name), Claims: p.Claims, Debug: p.Debug, Gone: p.Gone})
	}
	return b, nil
}

func routeConfigs(routes map[string]config.Route) (map[string]dispatcher.RouteConfig, error) {
	configs := make(map[string]dispatcher.RouteConfig, len(routes))
	for pattern, r := range routes {
		policy, err := dispatcher.ParsePolicy(r.OnFailure)
		if err != nil {
			return nil, err
		}
		mode, err := dispatcher.ParseMode(r.Mode)
		if err != nil {
			return nil, err
		}
		configs[pattern] = dispatcher.RouteConfig{
			Handlers: r.Handlers, Mode: mode, Timeout: r.Timeout, OnFailure: policy, MaxInFlight: r.MaxInFlight,
		}
	}
	return configs, nil
}

// absolute makes the paths of the file independent of later changes of the
// working directory, and readable in what is shown to people.
func absolute(path string) string {
	if full, err := filepath.Abs(path); err == nil {
		return full
	}
	return path
}
