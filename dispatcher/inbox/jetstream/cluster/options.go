package cluster

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
)

// Options say which cluster, and what of it is ours.
type Options struct {
	// Servers are URLs of some of the cluster's servers; the others are learned from
	// them. User-info in them is used, and never shown.
	Servers []string
	// Creds is a file with a user's JWT and seed, NKey one with a seed alone.
	Creds, NKey string
	// TLS is for servers that want it; what is empty is the machine's.
	TLS TLS
	// Prefix begins the name of everything that is ours; empty is "switchhook".
	Prefix string
	// Replicas is how many servers keep each stream; 0 is 3.
	Replicas int
	// MaxBytes bounds the log; 0 is 8 GiB.
	MaxBytes int64
	// Logger hears of connections lost and found; nil is none.
	Logger *slog.Logger
	// Name is the connection's, as the servers show it; empty is "switchhook".
	Name string
	// Look has nothing made: streams that are missing are left missing, and taken for empty
	// by [Cluster.Examine], [Cluster.Bounds] and [Cluster.Latest], which alone may be called.
	Look bool
}

// TLS are files in PEM.
type TLS struct {
	// CA are the authorities that may vouch for a server.
	CA string
	// Cert and Key are who we are, for servers that ask.
	Cert, Key string
}

func (o Options) checked() (Options, error) {
	o.Prefix = cmp.Or(o.Prefix, "switchhook")
	o.Replicas = cmp.Or(o.Replicas, 3)
	o.MaxBytes = cmp.Or(o.MaxBytes, 8<<30)
	o.Name = cmp.Or(o.Name, "switchhook")
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if !regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,31}$`).MatchString(o.Prefix) {
		return o, fmt.Errorf("%w: inbox.nats.prefix: %q: up to 32 of a-z, 0-9, _ and -, with a letter or digit first", ErrConfig, o.Prefix)
	}
	if o.Replicas != 1 && o.Replicas != 3 && o.Replicas != 5 {
		return o, fmt.Errorf("%w: inbox.nats.replicas: %d: 3 or 5, or 1 for a trial that may lose all it has", ErrConfig, o.Replicas)
	}
	if o.MaxBytes < 1<<20 {
		return o, fmt.Errorf("%w: inbox.max_bytes: %d: a log needs a mebibyte at least", ErrConfig, o.MaxBytes)
	}
	if o.Creds != "" && o.NKey != "" {
		return o, fmt.Errorf("%w: inbox.nats.creds and inbox.nats.nkey: set one of them: a creds file has its own seed", ErrConfig)
	}
	return o, o.checkServers()
}

func (o Options) checkServers() error {
	if len(o.Servers) == 0 {
		return fmt.Errorf("%w: inbox.nats.servers: name at least one server, as nats://host:4222", ErrConfig)
	}
	for i, server := range o.Servers {
		u, err := url.Parse(withScheme(server))
		switch {
		case err != nil: // its text may hold a password
			return fmt.Errorf("%w: inbox.nats.servers: entry %d is no URL: write nats://host:4222", ErrConfig, i+1)
		case u.Scheme != "nats" && u.Scheme != "tls" && u.Scheme != "ws" && u.Scheme != "wss":
			return fmt.Errorf("%w: inbox.nats.servers: entry %d: scheme %q is none of nats, tls, ws and wss", ErrConfig, i+1, u.Scheme)
		case u.Hostname() == "":
			return fmt.Errorf("%w: inbox.nats.servers: entry %d names no host: write nats://host:4222", ErrConfig, i+1)
		}
	}
	return nil
}

func withScheme(server string) string {
	server = strings.TrimSpace(server)
	if strings.Contains(server, "://") {
		return server
	}
	return "nats://" + server
}

// shown is a server's URL without who we are there.
func shown(server string) string {
	u, err := url.Parse(withScheme(server))
	if err != nil {
		return "(no URL)"
	}
	u.User = nil
	return u.String()
}
