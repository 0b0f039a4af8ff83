package cluster

import (
	"net/url"
	"strings"
)

// The formats of entries that this gateway reads; one of another is refused.
const (
	// Format is that of a plain entry, and of what is no entry.
	Format = "1"
	// FormatEncoded is that of an entry to be decoded as [HeaderEncoding] says. It is another
	// so that gateways refuse it that know of no encodings.
	FormatEncoded = "2"
)

// The headers of an entry. The id is in the Nats-Msg-Id of its last message.
const (
	// HeaderFormat is the entry's [Format], or [FormatEncoded].
	HeaderFormat = "Switchhook-Format"
	// HeaderEncoding is how the entry is encoded as a whole, before it is cut into parts:
	// "s2" is one block of S2; without it the entry is plain. An encoding that is not known
	// is refused.
	HeaderEncoding = "Switchhook-Encoding"
	// HeaderPlugins lists the plugins that get a new copy by the entry, escaped as in
	// the query of a URL and with commas between; it is on the entry's last message.
	HeaderPlugins = "Switchhook-Plugins"
	// HeaderPart is "2/3" on the second of three messages.
	HeaderPart = "Switchhook-Part"
	// HeaderEntry is on each part the id of the entry.
	HeaderEntry = "Switchhook-Entry"
)

// names are what our things are called in the account.
type names struct{ prefix string }

func (n names) logStream() string       { return strings.ToUpper(n.prefix) + "_LOG" }
func (n names) batonStream() string     { return strings.ToUpper(n.prefix) + "_BATONS" }
func (n names) snapshotStream() string  { return strings.ToUpper(n.prefix) + "_SNAPSHOTS" }
func (n names) logSubjects() string     { return n.prefix + ".log.>" }
func (n names) entry() string           { return n.prefix + ".log.entry" }
func (n names) quiet() string           { return n.prefix + ".log.quiet" }
func (n names) part() string            { return n.prefix + ".log.part" }
func (n names) batonSubjects() string   { return n.prefix + ".baton.>" }
func (n names) snapshotSubject() string { return n.prefix + ".snapshot.>" }
func (n names) manifest() string        { return n.prefix + ".snapshot.manifest" }
func (n names) chunks(set string) string {
	return n.prefix + ".snapshot.chunk." + set
}

// subject is where an entry is published. One by which nobody has a new copy is quiet: the
// consumers that hand out never see it.
func (n names) subject(plugins []string) string {
	if len(plugins) == 0 {
		return n.quiet()
	}
	return n.entry()
}

// EscapePlugins is the value of [HeaderPlugins].
func EscapePlugins(plugins []string) string {
	escaped := make([]string, len(plugins))
	for i, p := range plugins {
		escaped[i] = url.QueryEscape(p)
	}
	return strings.Join(escaped, ",")
}

// UnescapePlugins is what [EscapePlugins] was given; what it did not write is left out.
func UnescapePlugins(value string) []string {
	var plugins []string
	for escaped := range strings.SplitSeq(value, ",") {
		if p, err := url.QueryUnescape(escaped); err == nil && p != "" {
			plugins = append(plugins, p)
		}
	}
	return plugins
}
