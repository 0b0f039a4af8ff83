package config

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/switchhook/switchhook/sdk/imevent"
)

// pattern is a command, a family or everything.
var pattern = regexp.MustCompile(`^(\*|[A-Za-z0-9_]+\.(\*|[A-Za-z0-9_.]+))$`)

// The modes of a route.
const (
	modeSync    = "sync"
	modeDurable = "durable"
)

// checkRoutes looks at the routes under key. Those in weaker speak where they do not.
func (c *checker) checkRoutes(key string, routes map[string]Route, weaker ...map[string]Route) {
	for _, name := range slices.Sorted(maps.Keys(routes)) {
		at := key + "." + name
		if !pattern.MatchString(name) {
			c.wrong(at, `wants a command ("Sns.CallbackBlackListAdd"), a family ("Sns.*") or "*" for its key`)
			continue
		}
		c.checkKnown(name, at)
		c.checkRoute(name, routes[name], at)
		if c.stated(at+".timeout") && kept(name, append([]map[string]Route{routes}, weaker...)...) {
			c.suspect(at+".timeout", "changes nothing for an event that is answered once it is stored; of its deliveries, inbox.deliveries has the timeout, and with mode: sync this one holds")
		}
	}
}

// checkKnown warns of a command that nobody has heard of. It is no mistake:
// Tencent adds some every year.
func (c *checker) checkKnown(name, key string) {
	known := make([]string, 0, 128)
	for _, spec := range imevent.Specs() {
		if covers(name, spec.Command) {
			return
		}
		known = append(known, spec.Command)
		if family := spec.Family + ".*"; !slices.Contains(known, family) {
			known = append(known, family)
		}
	}
	c.suspect(key, "is not a command of the catalogue%s", didYouMean(name, known))
}

// covers reports whether a route's name covers a command.
func covers(name, command string) bool {
	family, isFamily := strings.CutSuffix(name, "*")
	return name == command || isFamily && strings.HasPrefix(command, family)
}

// waits returns a before-command that the route's name covers, or nothing.
func waits(name string) string {
	if imevent.PhaseOf(name) == imevent.Before {
		return name
	}
	for _, spec := range imevent.Specs() {
		if spec.Phase == imevent.Before && covers(name, spec.Command) {
			return spec.Command
		}
	}
	return ""
}

// checkRoute looks at one route.
func (c *checker) checkRoute(name string, r Route, key string) {
	before := waits(name)
	c.checkHandlers(r.Handlers, key+".handlers")
	c.checkMode(name, r.Mode, key+".mode")
	c.checkTimeout(r.Timeout, before, key+".timeout")
	c.checkPolicy(r.OnFailure, before != "" || strings.HasSuffix(name, "*"), key+".on_failure")
	c.checkLimit(r.MaxInFlight, key+".max_in_flight")
}

// checkMode looks at a mode. A family may be durable that has decisions in it, which
// stay what they are.
func (c *checker) checkMode(name, mode, key string) {
	covered := covering(name)
	switch {
	case !c.stated(key) || mode == modeSync:
	case mode != modeDurable:
		c.wrong(key, "wants sync, to answer when the handlers have, or durable, to answer when the event is stored; not %q", shorten(mode))
	case strings.HasSuffix(name, "*"):
		if len(covered) > 0 && !slices.ContainsFunc(covered, storable) {
			c.suspect(key, "changes nothing: Tencent waits for the answer to each of these commands")
		}
	case len(covered) > 0 && !storable(covered[0]), waits(name) != "":
		c.wrong(key, "cannot be durable: Tencent waits for the answer to %s, so the plugin has to give it; take the line away", name)
	}
}

// checkTimeout looks at a budget; before is a before-command that has it.
func (c *checker) checkTimeout(timeout time.Duration, before, key string) {
	switch {
	case !c.stated(key):
	case timeout <= 0:
		c.wrong(key, "wants more than nothing")
	case before != "" && timeout >= tencentWaits:
		c.wrong(key, "wants less than %s, which is how long Tencent waits for the answer to %s; leave room for the network, as 1.8s does", tencentWaits, before)
	case timeout > longestBudget:
		c.wrong(key, "wants at most %s", longestBudget)
	}
}

// checkPolicy looks at a policy. decides says that it may come to hold: a pattern
// covers decisions that Tencent has yet to add, also in a family without any.
func (c *checker) checkPolicy(policy string, decides bool, key string) {
	switch {
	case !c.stated(key):
	case policy != "allow" && policy != "deny":
		c.wrong(key, "wants allow or deny, not %q; without it, Tencent's own default holds", shorten(policy))
	case !decides:
		c.suspect(key, "changes nothing: Tencent waits for no decision here")
	}
}

// checkHandlers looks at the plugins that a route names. Whether there are such
// plugins is known only once the plugin folder is read.
func (c *checker) checkHandlers(handlers []string, key string) {
	if len(handlers) == 0 && c.stated(key) {
		c.wrong(key, "names no plugin; take the key away to let the claims decide")
	}
	for i, name := range handlers {
		at := key + "[" + strconv.Itoa(i) + "]"
		c.checkPluginName(name, at)
		if first := slices.Index(handlers, name); first < i {
			c.wrong(at, "names %s for the second time", shorten(name))
		}
		if p, ok := c.file.Plugins[name]; ok && !p.Enabled {
			c.suspect(at, "names %s, which is not enabled: its callbacks are unavailable", name)
		}
	}
}
