package cli

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/config"
	"github.com/switchhook/switchhook/dispatcher/workshop"
)

// devSetup is what dev's gateway is configured from.
type devSetup struct {
	name   string // the plugin's
	temp   string // all that the gateway keeps
	listen string
	file   string // the user's configuration, or empty
}

func (s devSetup) pluginDir() string { return filepath.Join(s.temp, "plugins") }
func (s devSetup) dataDir() string   { return filepath.Join(s.temp, "data") }
func (s devSetup) program() string   { return filepath.Join(s.pluginDir(), s.name) }
func (s devSetup) socket() string    { return filepath.Join(s.dataDir(), admin.SocketName) }

// prepare makes the directories.
func (s devSetup) prepare() error {
	if err := os.MkdirAll(s.pluginDir(), 0o700); err != nil {
		return fmt.Errorf("make a place for the plugin: %w", err)
	}
	return nil
}

// load returns the configuration: what the user's file says of the plugin and of
// the routes that it may serve, and of nothing else.
func (s devSetup) load() (*config.File, error) {
	theirs := config.Default()
	if s.file != "" {
		var err error
		if theirs, err = config.Load(s.file, os.LookupEnv); err != nil {
			return nil, err
		}
	}
	f := config.Default()
	f.Listen, f.Admin.Listen = s.listen, "127.0.0.1:0"
	f.DataDir, f.PluginDir = s.dataDir(), s.pluginDir()
	f.WatchPlugins = false // dev itself says when it has built
	f.MaxBody, f.StrictCommand, f.CallbackPath = theirs.MaxBody, theirs.StrictCommand, theirs.CallbackPath
	f.Apps = map[string]config.App{workshop.App: {Name: "dev", Insecure: true}}
	if plugin, named := theirs.Plugins[s.name]; named {
		plugin.Path, plugin.SHA256, plugin.Enabled = "", "", true
		f.Plugins = map[string]config.Plugin{s.name: plugin}
	}
	f.Routes = maps.Clone(theirs.Routes)
	maps.DeleteFunc(f.Routes, func(_ string, r config.Route) bool {
		return len(r.Handlers) > 0 && !slices.Contains(r.Handlers, s.name)
	})
	for pattern, route := range f.Routes {
		if len(route.Handlers) > 0 {
			route.Handlers = []string{s.name}
			f.Routes[pattern] = route
		}
	}
	f.Routes = answered(f.Routes)
	return f, nil
}

// answered has every callback answered by the plugin: who writes it wants to see what
// it says, at once.
func answered(routes map[string]config.Route) map[string]config.Route {
	all := map[string]config.Route{"*": {}}
	maps.Copy(all, routes)
	for pattern, route := range all {
		route.Mode = "sync"
		all[pattern] = route
	}
	return all
}
