package config

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Bounds of how a plugin is run.
const (
	replicasMost = 32
	windowMost   = 24 * time.Hour
	waitMost     = time.Second
)

var (
	// pluginName is fit for a file, a folder, a metric's label and a log.
	pluginName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
	hexSHA256  = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)
)

// checkPlugins looks at every plugin that the file names.
func (c *checker) checkPlugins() {
	paths := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(c.file.Plugins)) {
		p, key := c.file.Plugins[name], "plugins."+name
		c.checkPluginName(name, key)
		if p.SHA256 != "" && !hexSHA256.MatchString(p.SHA256) {
			c.wrong(key+".sha256", "wants the 64 hex digits that sha256sum prints, or nothing")
		}
		if p.MTLS != defaultMTLS && p.MTLS != "off" {
			c.wrong(key+".mtls", "wants auto or off, not %q", shorten(p.MTLS))
		}
		c.checkProcess(p, key)
		if p.Path == "" && c.file.PluginDir == "" {
			c.wrong(key, "has no path, and there is no plugin_dir to find it in")
		}
		if other, taken := paths[p.Path]; taken && p.Path != "" {
			c.suspect(key+".path", "is the path of plugin %s as well", other)
		}
		paths[p.Path] = name
		p.SHA256 = strings.ToLower(p.SHA256)
		if p.Path != "" {
			p.Path = filepath.Clean(p.Path)
		}
		c.file.Plugins[name] = p
	}
}

// checkProcess looks at how a plugin is run.
func (c *checker) checkProcess(p Plugin, key string) {
	if p.Replicas < 1 || p.Replicas > replicasMost {
		c.wrong(key+".replicas", "wants 1 to %d processes, not %d", replicasMost, p.Replicas)
	}
	if p.OnError != defaultOnError && p.OnError != "abort" {
		c.wrong(key+".on_error", "wants degrade, to serve without the plugin and go on trying, or abort, to end the start; not %q", shorten(p.OnError))
	}
	if p.Restart.Budget < 1 {
		c.wrong(key+".restart.budget", "wants 1 or more restarts")
	}
	c.within(key+".restart.window", p.Restart.Window, time.Second, windowMost)
	c.checkLimit(p.MaxInFlight, key+".max_in_flight")
	c.within(key+".max_wait", p.MaxWait, 0, waitMost)
	if p.LocalState != defaultLocalState && p.LocalState != localStateAllow {
		c.wrong(key+".local_state", "wants refuse, or allow for a plugin whose state may differ from gateway to gateway; not %q", shorten(p.LocalState))
	}
	c.checkFiles(p, key)
	if p.LogLevel != "" {
		c.checkLogLevel(key+".log_level", p.LogLevel)
	}
	c.checkEnv(p.Env, key+".env")
	c.checkIsolation(p.Isolation, key+".isolation")
	if p.Debug {
		c.suspect(key+".debug", "takes health checks and deadlines away, so that one callback may hold its place for ten minutes: it is for a developer's machine alone")
	}
}

func (c *checker) checkPluginName(name, key string) {
	if !pluginName.MatchString(name) || len(name) > longestName {
		c.wrong(key, "wants a name of letters, digits, dots, dashes and underscores, at most %d, beginning with a letter or digit", longestName)
	}
}

// checkFiles looks at the pinned files of a plugin that runs in place.
func (c *checker) checkFiles(p Plugin, key string) {
	if len(p.Files) > 0 && !p.InPlace {
		c.wrong(key+".files", "wants in_place: true beside it: of a plugin that is copied, sha256 pins all that runs")
	}
	for _, path := range slices.Sorted(maps.Keys(p.Files)) {
		at := join(key+".files", path)
		if !filepath.IsLocal(path) || filepath.Clean(path) != path {
			c.wrong(at, "wants a path below the folder of the executable, such as lib/words.py")
		}
		if !hexSHA256.MatchString(p.Files[path]) {
			c.wrong(at, "wants the 64 hex digits that sha256sum prints")
		}
		p.Files[path] = strings.ToLower(p.Files[path])
	}
	c.checkPins(p, key)
}

// checkPins looks for what is left unpinned of a plugin that runs in place.
func (c *checker) checkPins(p Plugin, key string) {
	switch pinned := p.SHA256 != ""; {
	case p.InPlace && pinned && len(p.Files) == 0:
		c.suspect(key+".in_place", "leaves what lies beside the executable unpinned: name it under files, each with its sha256")
	case p.InPlace && !pinned && len(p.Files) > 0:
		c.suspect(key+".files", "pins what lies beside the executable and not the executable itself: name its hash under sha256")
	}
}
