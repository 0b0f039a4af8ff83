package natstest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// store is where the node keeps its streams.
func (n *Node) store() string { return filepath.Join(n.dir, "store") }

// configure writes the server's configuration, and returns the file's path.
func (n *Node) configure() (string, error) {
	if err := os.MkdirAll(n.dir, 0o700); err != nil {
		return "", err //nolint:wrapcheck // it says all
	}
	path := filepath.Join(n.dir, "nats.conf")
	return path, os.WriteFile(path, []byte(n.config()), 0o600) //nolint:wrapcheck // it says all
}

func (n *Node) config() string {
	o := n.options
	var b strings.Builder
	fmt.Fprintf(&b, "server_name: %s\nlisten: \"127.0.0.1:-1\"\nhttp: \"127.0.0.1:-1\"\nports_file_dir: %q\nclient_advertise: %q\n",
		n.Name, n.dir, n.clients.address())
	if o.MaxPayload != 0 {
		fmt.Fprintf(&b, "max_payload: %d\n", o.MaxPayload)
	}
	if !o.NoJetStream {
		store := o.MaxStore
		if store == 0 {
			store = 1 << 30
		}
		fmt.Fprintf(&b, "jetstream {store_dir: %q, sync_interval: always, max_file_store: %d, max_memory_store: %d\n%s}\n", n.store(), store, 64<<20, o.JetStream)
	}
	if !n.alone {
		b.WriteString("cluster {\n  name: natstest\n  listen: \"127.0.0.1:-1\"\n")
		// Whoever is told of a node by another would dial it past the relays.
		b.WriteString("  advertise: \"127.0.0.1:1\"\n  routes: [\n")
		for _, r := range n.routes {
			fmt.Fprintf(&b, "    \"nats://%s\"\n", r.address())
		}
		b.WriteString("  ]\n}\n")
	}
	authorize(&b, o)
	if o.TLS != nil {
		fmt.Fprintf(&b, "tls {cert_file: %q, key_file: %q, ca_file: %q, verify: %t, timeout: 30}\n", o.TLS.server.cert, o.TLS.server.key, o.TLS.CA, o.VerifyClients)
	}
	b.WriteString(o.Config)
	b.WriteString("\n")
	return b.String()
}

// authorize says who may connect.
func authorize(b *strings.Builder, o Options) {
	if o.Operator != nil {
		b.WriteString(o.Operator.config())
		return
	}
	if len(o.Users) == 0 && len(o.NKeys) == 0 {
		return
	}
	b.WriteString("authorization {timeout: 30, users: [\n")
	for _, u := range o.Users {
		fmt.Fprintf(b, "  {user: %q, password: %q", u.Name, u.Password)
		if u.Permissions != "" {
			fmt.Fprintf(b, ", permissions: {%s}", u.Permissions)
		}
		b.WriteString("}\n")
	}
	for _, key := range o.NKeys {
		fmt.Fprintf(b, "  {nkey: %s}\n", key)
	}
	b.WriteString("]}\n")
}
