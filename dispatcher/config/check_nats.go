package config

import (
	"net"
	"os"
	"regexp"
	"slices"
	"strconv"
)

// prefixPattern is fit for the names of streams, in capitals, and for subjects.
var prefixPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,31}$`)

// checkNATS looks at the cluster that keeps the inbox.
func (c *checker) checkNATS() {
	n := c.file.Inbox.NATS
	if c.file.Inbox.Store != storeJetStream {
		c.checkIdleNATS(n)
		return
	}
	if len(n.Servers) == 0 {
		key := "inbox.nats.servers"
		if !c.stated("inbox.nats") {
			key = "inbox.store"
		}
		c.wrong(key, "jetstream needs the servers of a NATS cluster: name them under inbox.nats.servers, such as [nats://nats-1.internal:4222]")
	}
	c.checkServers(n)
	if n.Creds != "" && n.NKey != "" {
		c.wrong("inbox.nats.nkey", "is a second way to log in beside creds: leave one of the two out")
	}
	switch t := n.TLS; {
	case t.Cert != "" && t.Key == "":
		c.wrong("inbox.nats.tls", "has cert without key; state both, or neither for a gateway that proves itself otherwise")
	case t.Cert == "" && t.Key != "":
		c.wrong("inbox.nats.tls", "has key without cert; state both, or neither for a gateway that proves itself otherwise")
	}
	if !prefixPattern.MatchString(n.Prefix) {
		c.wrong("inbox.nats.prefix", "wants 1 to 32 lower-case letters, digits, dashes and underscores, beginning with a letter or digit, not %q", shorten(n.Prefix))
	}
	c.checkCopies(n.Replicas)
	c.readableFile("inbox.nats.creds", n.Creds)
	c.readableFile("inbox.nats.nkey", n.NKey)
	c.readableFile("inbox.nats.tls.key", n.TLS.Key)
}

// checkIdleNATS looks for words on a cluster that keeps nothing.
func (c *checker) checkIdleNATS(n NATS) {
	usual := defaultNATS()
	for _, word := range []struct {
		key  string
		said bool
	}{
		{"servers", len(n.Servers) > 0},
		{"creds", n.Creds != ""},
		{"nkey", n.NKey != ""},
		{"tls", n.TLS != NATSTLS{}},
		{"prefix", n.Prefix != usual.Prefix},
		{"replicas", n.Replicas != usual.Replicas},
	} {
		if word.said && (c.file.Inbox.Store == storeSQLite) {
			c.wrong("inbox.nats."+word.key, "is for inbox.store: jetstream, and the store is sqlite: change the one or take the other away")
		}
	}
}

// checkServers looks at the servers' URLs.
func (c *checker) checkServers(n NATS) {
	known := map[string]string{}
	for i, s := range n.Servers {
		key := "inbox.nats.servers[" + strconv.Itoa(i) + "]"
		u, wrong := readServer(s)
		if wrong != "" {
			c.wrong(key, "%s", wrong)
			continue
		}
		if other, twice := known[u.Host]; twice {
			c.wrong(key, "is %s as well", other)
			continue
		}
		known[u.Host] = "servers[" + strconv.Itoa(i) + "]"
		if u.User == nil {
			continue
		}
		if n.Creds != "" || n.NKey != "" {
			c.wrong(key, "names a user, and creds or nkey another: leave one of the two out")
			continue
		}
		if u.Scheme == schemeNATS && n.TLS == (NATSTLS{}) && !loopback(u.Hostname()) {
			c.suspect(key, "sends its password to %s in clear text: use tls://, or inbox.nats.creds, whose key never leaves this machine", net.JoinHostPort(u.Hostname(), portOf(u.Port())))
		}
	}
}

// portOf is the port that a URL without one means.
func portOf(port string) string {
	if port == "" {
		return "4222"
	}
	return port
}

// checkCopies looks at how many servers keep an event.
func (c *checker) checkCopies(replicas int) {
	const one, three, five = 1, 3, 5
	if !slices.Contains([]int{one, three, five}, replicas) {
		c.wrong("inbox.nats.replicas", "wants 3, 5, or 1 where one server's disk may take accepted events along; not %d", replicas)
		return
	}
	if replicas == one {
		c.suspect("inbox.nats.replicas", "keeps every event on one server alone: with its disk all that was accepted is lost")
	}
}

// readableFile warns of a secret's file that everybody on the machine may read. Whether
// it is any good is for the connection to say, which reads it again.
func (c *checker) readableFile(key, path string) {
	if path == "" {
		return
	}
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&readableByAll != 0 {
		c.suspect(key, "everybody on this machine may read %s; take it away with chmod o-r", path)
	}
}
