package config

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/switchhook/switchhook/sdk/imevent"
)

// Bounds of how events are kept.
const (
	inboxLeast     = 4 << 20
	inboxMost      = 1 << 50
	bodiesLeast    = 11 // the largest bodies that there is room for, so that a tenth of it holds one
	hotLeast       = 1 << 20
	hotMost        = 64 << 30
	windowLongest  = 7 * 24 * time.Hour
	keptLeast      = time.Minute
	keptMost       = 10 * 365 * 24 * time.Hour
	backoffLongest = 24 * time.Hour
)

// deliveryPattern is a command, the beginning of one with "*" at its end, or "*".
var deliveryPattern = regexp.MustCompile(`^(\*|[A-Za-z0-9_]+\.(\*|[A-Za-z0-9_.]+\*?))$`)

// checkInbox looks at how events are kept.
func (c *checker) checkInbox() {
	i := c.file.Inbox
	if i.Store != storeSQLite && i.Store != storeJetStream {
		c.wrong("inbox.store", "wants sqlite, for a file of this gateway's, or jetstream, for a NATS cluster that several share; not %q", shorten(i.Store))
	}
	c.checkNATS()
	c.sized("inbox.max_bytes", i.MaxBytes, max(inboxLeast, bodiesLeast*c.file.MaxBody), inboxMost)
	c.sized("inbox.memory", i.Memory, hotLeast, hotMost)
	c.within("inbox.duplicate_window", i.DuplicateWindow, 0, windowLongest)
	c.within("inbox.retention", i.Retention, keptLeast, keptMost)
	switch i.OnFull {
	case onFullRefuse:
	case onFullStall:
		c.suspect("inbox.on_full", "holds requests past the %s that Tencent waits, which helps only where the retry of callbacks is switched on in Tencent's console: without it the event is lost all the same, only later", tencentWaits)
	default:
		c.wrong("inbox.on_full", "wants refuse, to fail at once, or stall, to hold the request until Tencent has given up waiting; not %q", shorten(i.OnFull))
	}
	c.within("inbox.retry.max_age", i.Retry.MaxAge, time.Second, keptMost)
	c.within("inbox.retry.max_backoff", i.Retry.MaxBackoff, time.Second, backoffLongest)
	c.checkDeliveries(i.Deliveries, "inbox.deliveries")
	c.checkSince()
}

func (c *checker) sized(key string, value, least, most Size) {
	if value < least || value > most {
		c.wrong(key, "wants a size from %s to %s, not %s", least, most, value)
	}
}

// checkDeliveries looks at the words on deliveries.
func (c *checker) checkDeliveries(deliveries map[string]Delivery, key string) {
	for _, name := range slices.Sorted(maps.Keys(deliveries)) {
		at := key + "." + name
		if !deliveryPattern.MatchString(name) {
			c.wrong(at, `wants a command ("Sns.CallbackBlackListAdd"), the beginning of one ("Sns.CallbackBlackList*", "Sns.*") or "*" for its key`)
			continue
		}
		switch covered := covering(name); {
		case len(covered) == 0:
			c.checkKnown(name, at)
		case !slices.ContainsFunc(covered, storable):
			c.suspect(at, "changes nothing: Tencent waits for the answer to %s, which is never kept", covered[0].Command)
		}
		c.checkDelivery(deliveries[name], at)
	}
}

func (c *checker) checkDelivery(d Delivery, key string) {
	c.checkLimit(d.MaxInFlight, key+".max_in_flight")
	if at := key + ".timeout"; c.stated(at) {
		c.within(at, d.Timeout, time.Millisecond, longestBudget)
	}
	if at := key + ".order"; c.stated(at) && !slices.Contains([]string{"user", "group", "none"}, d.Order) {
		c.wrong(at, "wants user or group, to deliver what is about one of them one after the other, or none; not %q", shorten(d.Order))
	}
}

// checkSince looks for plugins that want more than there is.
func (c *checker) checkSince() {
	for _, name := range slices.Sorted(maps.Keys(c.file.Plugins)) {
		p, key := c.file.Plugins[name], "plugins."+name+".since"
		c.within(key, p.Since, 0, keptMost)
		if p.Since > c.file.Inbox.Retention {
			c.suspect(key, "reaches further back than inbox.retention, which keeps what has been handled for %s", c.file.Inbox.Retention)
		}
	}
}

// covering returns the commands of the catalogue that a name or pattern covers.
func covering(name string) []*imevent.Contract {
	var all []*imevent.Contract
	for _, spec := range imevent.Specs() {
		if covers(name, spec.Command) {
			all = append(all, &spec)
		}
	}
	return all
}

// storable reports whether callbacks of the command can be answered before a plugin
// has handled them.
func storable(spec *imevent.Contract) bool {
	return spec.Phase == imevent.After && !spec.ReadsReply
}

// kept reports whether the callbacks of a command are stored, by the words on routes,
// the strongest first.
func kept(command string, voices ...map[string]Route) bool {
	spec, listed := imevent.Spec(command)
	if !listed || !storable(spec) {
		return false
	}
	family, _, _ := strings.Cut(command, ".")
	for _, routes := range voices {
		for _, name := range []string{command, family + ".*", "*"} {
			if mode := routes[name].Mode; mode != "" {
				return mode == modeDurable
			}
		}
	}
	return true
}
