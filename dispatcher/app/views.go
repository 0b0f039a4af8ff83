package app

import (
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/config"
	"github.com/switchhook/switchhook/dispatcher/gateway"
	"github.com/switchhook/switchhook/dispatcher/pluginhost"
	"github.com/switchhook/switchhook/sdk"
)

// status shows the gateway as a whole.
func (a *App) status() admin.Status {
	f := a.current()
	s := admin.Status{
		Version: a.options.Version, State: a.life.String(), DegradedReasons: a.degraded(),
		Listen: a.baseURL(), CallbackPath: f.CallbackPath, StartedAt: a.started, PID: os.Getpid(), DataDir: absolute(f.DataDir),
	}
	if f.Path != "" {
		s.ConfigFile = absolute(f.Path)
	}
	for _, id := range slices.Sorted(maps.Keys(f.Apps)) {
		app := f.Apps[id]
		s.Apps = append(s.Apps, admin.AppInfo{ID: id, Name: app.Name, Insecure: app.Insecure, Tokens: len(app.Tokens)})
	}
	return s
}

// baseURL is where this machine reaches the public listener.
func (a *App) baseURL() string {
	scheme := "http"
	if a.current().TLS.Cert != "" {
		scheme = "https"
	}
	host, port, err := net.SplitHostPort(a.public.Addr().String())
	if err != nil {
		return ""
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// pluginViews shows every plugin.
func (a *App) pluginViews() []admin.Plugin {
	plugins := a.host.Status()
	views := make([]admin.Plugin, len(plugins))
	for i, p := range plugins {
		views[i] = admin.Plugin{
			Name: p.Name, Path: p.Path, SHA256: p.SHA256, State: string(p.State), Detail: detail(p), PID: p.PID,
			Version: p.Description.Version, SDKVersion: p.Description.SDKVersion, Language: p.Description.Language,
			Claims: claimViews(p.Claims), ClaimsFrom: p.ClaimsFrom, Restarts: p.Restarts, Since: p.Since, Error: p.Error, Config: p.Config,
			Replicas: replicaViews(p.Replicas), Drift: p.Drift, Brakes: p.Brakes, Isolation: p.InForce, Parked: parkedViews(p.Parked),
		}
	}
	return views
}

// detail says what is out of the ordinary about a plugin, whatever its state.
func detail(p pluginhost.Status) string {
	switch {
	case p.Attached:
		return "attached"
	case p.Debug:
		return "debug"
	default:
		return ""
	}
}

func replicaViews(replicas []pluginhost.Replica) []admin.Replica {
	views := make([]admin.Replica, len(replicas))
	for i, r := range replicas {
		views[i] = admin.Replica{
			Number: r.Number, State: string(r.State), Since: r.Since, PID: r.PID, SHA256: r.SHA256,
			Ejected: r.Ejected, InFlight: r.InFlight, Strays: r.Strays, Restarts: r.Restarts, Error: r.Error,
		}
	}
	return views
}

func parkedViews(parked []pluginhost.Parked) []admin.Parked {
	views := make([]admin.Parked, len(parked))
	for i, p := range parked {
		views[i] = admin.Parked{ID: p.ID, App: p.App, Command: p.Command, Deaths: p.Deaths, Since: p.Since}
	}
	return views
}

func claimViews(claims []sdk.Claim) []admin.Claim {
	views := make([]admin.Claim, len(claims))
	for i, c := range claims {
		views[i] = admin.Claim{
			Pattern: c.Pattern, Idempotent: c.Idempotent, Rewrites: c.Rewrites, Decides: c.Decides, Timeout: admin.Duration(c.Timeout),
		}
	}
	return views
}

// routeViews shows every route.
func (a *App) routeViews() []admin.Route {
	routes := a.dispatcher.Table().Routes()
	views := make([]admin.Route, len(routes))
	for i, r := range routes {
		views[i] = admin.Route{
			App: r.App, Command: r.Command, Handlers: r.Handlers, Mode: r.Mode.String(), Before: r.Before,
			Timeout: admin.Duration(r.Timeout), Policy: r.OnFailure, MaxInFlight: r.MaxInFlight, Problem: r.Problem, Bypass: a.bypassView(r.Bypass),
			Sources: admin.Sources{
				Handlers: r.Sources.Handlers, Mode: r.Sources.Mode, Timeout: r.Sources.Timeout, Policy: r.Sources.OnFailure, MaxInFlight: r.Sources.MaxInFlight,
			},
		}
	}
	return views
}

// observer remembers every answer, and tells who wants to know; nil where nobody does.
func (a *App) observer() func(gateway.Answered) {
	tell := a.options.Observe
	if tell == nil && a.recent == nil {
		return nil
	}
	return func(x gateway.Answered) {
		a.rememberAnswer(&x)
		if tell == nil {
			return
		}
		tell(admin.Answered{
			At: x.Callback.ReceivedAt, Callback: x.Callback, Plugins: x.Result.Plugins,
			Outcome: x.Result.Outcome.String(), Failed: x.Result.Outcome.Failed(), Err: x.Result.Err,
			Status: x.Status, Body: x.Body(), Took: x.Took,
		})
	}
}

func socketPath(f *config.File) string { return filepath.Join(f.DataDir, admin.SocketName) }
