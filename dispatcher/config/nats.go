package config

import (
	"log/slog"
	"net/url"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// NATS is the cluster that keeps the inbox of store jetstream.
type NATS struct {
	// Servers are its servers: any of them tells of the others.
	Servers []Server `yaml:"servers"`
	// Creds is a file of credentials (a JWT and its key), NKey one of a user's seed; at
	// most one of them. Both are read again with every connection.
	Creds string `yaml:"creds,path"`
	NKey  string `yaml:"nkey,path"`
	// TLS is how the connection is protected.
	TLS NATSTLS `yaml:"tls"`
	// Prefix begins the names of all that the gateways keep in the cluster. Gateways of
	// one prefix share an inbox.
	Prefix string `yaml:"prefix"`
	// Replicas is how many servers keep each event.
	Replicas int `yaml:"replicas"`
}

// NATSTLS names files in PEM: the certificates that the servers' may be signed by, empty
// for the system's, and what the gateway proves itself with, empty for nothing.
type NATSTLS struct {
	CA   string `yaml:"ca,path"`
	Cert string `yaml:"cert,path"`
	Key  string `yaml:"key,path"`
}

// What a key of the cluster is worth that the file does not state.
const (
	defaultPrefix       = "switchhook"
	defaultNATSReplicas = 3
)

func defaultNATS() NATS { return NATS{Prefix: defaultPrefix, Replicas: defaultNATSReplicas} }

// Server is the URL of a NATS server. It prints without what it says of a user, in logs,
// in errors and in JSON; [Server.Reveal] returns all of it.
type Server string

// Reveal returns the URL itself.
func (s Server) Reveal() string { return string(s) }

// String returns the URL without its user.
func (s Server) String() string {
	scheme, rest, found := strings.Cut(string(s), "://")
	if !found {
		scheme, rest = "", string(s)
	} else {
		scheme += "://"
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		rest = hidden + rest[at:]
	}
	return scheme + rest
}

// GoString is String.
func (s Server) GoString() string { return s.String() }

// LogValue is String.
func (s Server) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText is String.
func (s Server) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// server reads the URL of a server, in which a password only stands as a reference to
// where it is.
func (d *decoder) server(n ast.Node, target *Server, key string) {
	text, ok := raw(n)
	switch {
	case !ok:
		d.mismatch(n, key, "a text, such as nats://nats-1.internal:4222")
		return
	case literalPassword(text):
		d.problem(place(n), key, "holds a password or token in clear text: write ${NAME} or ${file:/path} in its place, or use inbox.nats.creds")
		return
	}
	if value, ok := d.expand(text, place(n), key); ok {
		*target = Server(value)
	}
}

// literalPassword reports whether a URL has a user whose password is anything but
// references; a user without a password is a token.
func literalPassword(text string) bool {
	const stands = "\x00"
	bare := aReference.ReplaceAllLiteralString(text, stands)
	if _, rest, found := strings.Cut(bare, "://"); found {
		bare = rest
	}
	at := strings.LastIndexByte(bare, '@')
	if at < 0 {
		return false
	}
	secret := bare[:at]
	if _, password, has := strings.Cut(secret, ":"); has {
		secret = password
	}
	return secret != "" && strings.Trim(secret, stands) != ""
}

// aReference is ${NAME} or ${file:/path}.
var aReference = regexp.MustCompile(`\$\{[^}]*\}`)

// readServer returns what a server's URL says, or what is wrong with it. The words never
// hold the URL, of which a part may be a secret.
func readServer(s Server) (u *url.URL, wrong string) {
	const want = "wants the URL of a NATS server, such as nats://nats-1.internal:4222 or tls://nats-1.internal:4222"
	u, err := url.Parse(s.Reveal())
	switch {
	case s == "":
		return nil, "is empty"
	case err != nil:
		return nil, want + "; in a user's name and password, what is not a letter or digit is written as %XX"
	case u.Scheme != schemeNATS && u.Scheme != schemeTLS:
		return nil, want + ": no other scheme is spoken here"
	case !bare(u):
		return nil, want + ": a scheme, a host and a port, and nothing else"
	default:
		return u, ""
	}
}

// bare reports whether a URL names a host, maybe a port, and nothing beyond.
func bare(u *url.URL) bool {
	const longest = 5 // 65535; what is above is for the connection to say
	beyond := strings.TrimPrefix(u.Path, "/") + u.RawQuery + u.Fragment + u.Opaque
	return u.Hostname() != "" && u.Port() != "0" && len(u.Port()) <= longest && beyond == ""
}

// The schemes of a server's URL.
const (
	schemeNATS = "nats"
	schemeTLS  = "tls"
)
