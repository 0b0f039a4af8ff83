package config

import (
	"fmt"
	"maps"
	"time"
)

// File is the configuration as the gateway uses it: checked, with defaults in
// the place of what is not stated, secrets expanded and paths resolved. It is
// plain data; whoever has it may change it.
//
// A key marked live is taken over by a reload; the others need a restart.
type File struct {
	// Listen is the public listener's address.
	Listen string `yaml:"listen"`
	// CallbackPath is the path that Tencent posts to.
	CallbackPath string `yaml:"callback_path"`
	// HealthPath answers a GET on the public listener; empty for none.
	HealthPath string `yaml:"health_path"`
	// ShutdownDelay is how long the gateway is unready before it stops accepting.
	ShutdownDelay time.Duration `yaml:"shutdown_delay"`
	// ShutdownGrace is how long callbacks under way may take once it has stopped.
	ShutdownGrace time.Duration `yaml:"shutdown_grace"`
	// SignWindow is how far a RequestTime may be from now.
	SignWindow time.Duration `yaml:"sign_window"`
	// StrictCommand refuses a body whose CallbackCommand is not the URL's.
	StrictCommand bool `yaml:"strict_command"`
	// MaxBody is the largest body read.
	MaxBody Size `yaml:"max_body"`
	// TLS is the public listener's certificate.
	TLS TLS `yaml:"tls"`
	// Admin is the admin side.
	Admin Admin `yaml:"admin"`
	// LogLevel is the least level that is logged: debug, info, warn or error.
	LogLevel string `yaml:"log_level"`
	// DataDir is where the gateway and its plugins keep what must last.
	DataDir string `yaml:"data_dir,path"`
	// Apps are the apps whose callbacks are answered, by SDKAppID.
	Apps map[string]App `yaml:"apps,live"`
	// PluginDir is the folder whose every executable is a plugin; empty for none.
	PluginDir string `yaml:"plugin_dir,path,live"`
	// WatchPlugins has a changed, new or removed file in PluginDir taken over by
	// itself.
	WatchPlugins bool `yaml:"watch_plugins,live"`
	// Plugins are the plugins that need a word, by name.
	Plugins map[string]Plugin `yaml:"plugins,live"`
	// Routes are the routes for all apps, by command, family or "*".
	Routes map[string]Route `yaml:"routes,live"`
	// Inbox is how events are kept until the plugins have handled them.
	Inbox Inbox `yaml:"inbox"`
	// Tracing is whether and where spans of callbacks are sent.
	Tracing Tracing `yaml:"tracing"`

	// Path is the file that was read; empty for [Default].
	Path string `yaml:"-"`
	// Warnings are what is suspicious in the file, in its order.
	Warnings Problems `yaml:"-"`
}

// TLS names a certificate and its key, both in PEM. Both are empty for plain HTTP.
type TLS struct {
	Cert string `yaml:"cert,path"`
	Key  string `yaml:"key,path"`
}

// Admin configures the admin side.
type Admin struct {
	// Listen is the TCP listener's address, for reads.
	Listen string `yaml:"listen"`
	// Hosts are names that a request to it may carry, besides loopback names, IP
	// addresses and the host of Listen.
	Hosts []string `yaml:"hosts"`
	// Recent is how many of the latest callbacks are remembered for `switchhook trace`;
	// 0 for none.
	Recent int `yaml:"recent"`
	// Pprof serves the runtime's profiles to this machine.
	Pprof bool `yaml:"pprof"`
}

// App is one app of Tencent's.
type App struct {
	// Name is for people, in logs and lists.
	Name string `yaml:"name"`
	// Tokens are the authentication tokens that are valid now; several while one
	// replaces another.
	Tokens []Secret `yaml:"tokens"`
	// Insecure accepts callbacks of an app without tokens.
	Insecure bool `yaml:"insecure"`
	// MaxInFlight bounds the app's callbacks under way.
	MaxInFlight int `yaml:"max_in_flight"`
	// Routes overrule the routes for all apps, field by field.
	Routes map[string]Route `yaml:"routes"`
}

// Route is what the file says of a command. A zero field is not stated, and
// follows from the claims, or from Tencent's own ways.
type Route struct {
	// Handlers names plugins in the order they are asked.
	Handlers []string `yaml:"handlers"`
	// Mode is "sync", "durable" or empty.
	Mode string `yaml:"mode"`
	// Timeout is the budget of a callback that is answered in mode sync.
	Timeout time.Duration `yaml:"timeout"`
	// OnFailure is "allow", "deny" or empty.
	OnFailure string `yaml:"on_failure"`
	// MaxInFlight bounds the route's callbacks under way.
	MaxInFlight int `yaml:"max_in_flight"`
}

// defaultLogLevel is the least level that is logged where the file does not say.
const defaultLogLevel = "info"

// defaultAppInFlight is what an app's max_in_flight is worth that is not stated.
const defaultAppInFlight = 512

// Default returns the configuration of an empty file, which is also what the
// gateway runs by without a file. Its relative paths are the working directory's.
func Default() *File {
	return &File{
		Listen:        ":8080",
		CallbackPath:  "/",
		ShutdownGrace: 10 * time.Second,
		SignWindow:    time.Minute,
		MaxBody:       1 << 20,
		Admin:         Admin{Listen: "127.0.0.1:9480", Recent: 4096},
		LogLevel:      defaultLogLevel,
		DataDir:       "data",
		PluginDir:     "bin/plugins",
		WatchPlugins:  true,
		Inbox:         defaultInbox(),
		Tracing:       defaultTracing(),
	}
}

// Reattach makes the plugin called name the process that waits where the reattach
// file says. What else f says of the plugin stays, as far as it means something
// for a process that is not the gateway's to start. The error is a name that no
// plugin can have.
func (f *File) Reattach(name, file string) error {
	if !pluginName.MatchString(name) || len(name) > longestName {
		return fmt.Errorf("plugin name %q: use letters, digits, dots, dashes and underscores, at most %d, beginning with a letter or digit", name, longestName)
	}
	plugins := make(map[string]Plugin, len(f.Plugins)+1)
	maps.Copy(plugins, f.Plugins)
	p, named := plugins[name]
	if !named {
		p.setDefaults()
	}
	p.Reattach, p.Debug, p.Enabled = file, true, true
	plugins[name] = p
	f.Plugins = plugins
	return nil
}

func (a *App) setDefaults() { a.MaxInFlight = defaultAppInFlight }
