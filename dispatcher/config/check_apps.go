package config

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The forms of names in a file.
var (
	// appID is an SDKAppID as Tencent writes it: a decimal number.
	appID = regexp.MustCompile(`^[1-9][0-9]{0,19}$`)
	// pluginName is fit for a file, a folder, a metric's label and a log.
	pluginName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
	hexSHA256  = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)
)

// checkApps looks at every app.
func (c *checker) checkApps() {
	for _, id := range slices.Sorted(maps.Keys(c.file.Apps)) {
		app, key := c.file.Apps[id], "apps."+id
		if !appID.MatchString(id) {
			c.wrong(key, "wants an SDKAppID for its key: the number that Tencent's console shows, such as 1400000001")
		}
		if len(app.Name) > longestName {
			c.wrong(key+".name", "wants at most %d bytes", longestName)
		}
		switch {
		case app.Insecure && len(app.Tokens) > 0:
			c.wrong(key+".insecure", "contradicts tokens: take one of the two away")
		case app.Insecure:
			c.suspect(key+".insecure", "accepts callbacks from anybody who reaches the listener; set tokens before it is public")
		case len(app.Tokens) == 0:
			c.wrong(key, `has no token: add tokens: ["${NAME}"] with the token of Tencent's console, or insecure: true to accept callbacks from anybody`)
		}
		c.checkTokens(app.Tokens, key+".tokens")
		c.checkLimit(app.MaxInFlight, key+".max_in_flight")
		c.checkRoutes(app.Routes, key+".routes")
	}
}

// checkTokens looks at the form of tokens; it never shows one.
func (c *checker) checkTokens(tokens []Secret, key string) {
	for i, token := range tokens {
		at := key + "[" + strconv.Itoa(i) + "]"
		text := token.Reveal()
		switch {
		case text == "":
			c.wrong(at, "is empty")
		case len(text) > tokenMost:
			c.wrong(at, "has %d bytes; a token has 1 to %d", len(text), tokenMost)
		case strings.TrimSpace(text) != text || strings.ContainsFunc(text, isControl):
			c.wrong(at, "has a space at an end, or a line break: is there more than the token in it?")
		case slices.Index(tokens, token) < i:
			c.wrong(at, "is the same as tokens[%d]", slices.Index(tokens, token))
		}
	}
}

// checkLimit looks at a limit that is stated: nought would let nothing through.
func (c *checker) checkLimit(limit int, key string) {
	if limit < 1 && c.stated(key) {
		c.wrong(key, "wants 1 or more")
	}
}

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
	if p.Replicas != defaultReplicas {
		c.wrong(key+".replicas", "wants 1: a plugin is one process for now")
	}
	if p.Debug {
		c.suspect(key+".debug", "takes health checks and deadlines away, so that one callback may hold its place for ten minutes: it is for a developer's machine alone")
	}
}

func (c *checker) checkPluginName(name, key string) {
	if !pluginName.MatchString(name) || len(name) > longestName {
		c.wrong(key, "wants a name of letters, digits, dots, dashes and underscores, at most %d, beginning with a letter or digit", longestName)
	}
}
