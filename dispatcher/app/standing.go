package app

import (
	"fmt"
	"slices"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/dispatcher/config"
	"github.com/switchhook/switchhook/dispatcher/pluginhost"
	"github.com/switchhook/switchhook/sdk"
)

// standing is who was there when callbacks were last routed anew, and what each of
// them got: what the inbox needs to know of plugins. It is never changed.
type standing struct {
	plugins map[string]pluginhost.Status
	routes  []dispatcher.RouteInfo
	file    *config.File
}

// stand takes note of the plugins of the moment, and has the inbox look at them. The
// host says whenever one of them changes.
func (a *App) stand(f *config.File, table *dispatcher.Table) {
	s := &standing{plugins: make(map[string]pluginhost.Status), routes: table.Routes(), file: f}
	for _, p := range a.host.Status() {
		s.plugins[p.Name] = p
	}
	a.standing.Store(s)
	a.lookAtSubscriptions()
	if b := a.inbox.Load(); b != nil {
		b.Refresh()
	}
}

func (s *standing) has(plugin string) bool {
	if s == nil {
		return false
	}
	_, known := s.plugins[plugin]
	return known
}

// serves says why a plugin cannot be given a command at the moment; empty where it
// can. One that is being started, or started again, is tried: it answers at once that
// it is not there.
func (a *App) serves(plugin, command string) (why string) {
	s := a.standing.Load()
	if !s.has(plugin) {
		return "there is no such plugin: put its program into plugin_dir or name it under plugins, or give what waits to another with `switchhook inbox subscriptions move`"
	}
	p := s.plugins[plugin]
	switch {
	case slices.Contains(brakeNames(p), pluginhost.BrakeDisabled):
		return fmt.Sprintf("disabled by an operator: `switchhook plugin enable %s` ends it", plugin)
	case p.State == pluginhost.StateDisabled:
		return fmt.Sprintf("disabled: plugins.%s.enabled is false", plugin)
	case p.Gone:
		return "gone: " + p.Error
	case p.State == pluginhost.StateFailed:
		return "failed: " + p.Error
	case p.ClaimsFrom == "":
		return fmt.Sprintf("%s, and it has not said yet what it claims", p.State)
	case !slices.ContainsFunc(p.Claims, func(c sdk.Claim) bool { return c.Matches(command) }):
		return fmt.Sprintf("version %q does not claim %s", p.Description.Version, command)
	default:
		return ""
	}
}

// knows reports whether a plugin takes callbacks of the purpose.
func (a *App) knows(plugin string, p sdk.Purpose) bool {
	s := a.standing.Load()
	return s.has(plugin) && s.plugins[plugin].Knows(p)
}
