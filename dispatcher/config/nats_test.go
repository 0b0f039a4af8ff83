package config_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/config"
)

// cluster begins an inbox in a cluster, of which a test says the rest.
const cluster = "inbox: {store: jetstream, nats: {"

func TestOneMistakeOfACluster(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, want string }{
		"a cluster without servers": {"inbox: {store: jetstream}\n", "1:16: inbox.store: jetstream needs the servers of a NATS cluster: name them under inbox.nats.servers"},
		"a cluster of no servers":   {"inbox: {store: jetstream, nats: {servers: [], creds: c}}\n", "inbox.nats.servers: jetstream needs the servers"},
		"servers beside a file":     {"inbox: {nats: {servers: ['nats://a:4222']}}\n", "1:25: inbox.nats.servers: is for inbox.store: jetstream, and the store is sqlite"},
		"a prefix beside a file":    {"inbox: {store: sqlite, nats: {prefix: shop}}\n", "inbox.nats.prefix: is for inbox.store: jetstream"},
		"a server that is no URL":   {cluster + "servers: [nats-1]}}\n", "inbox.nats.servers[0]: wants the URL of a NATS server"},
		"a server's odd port":       {cluster + "servers: ['nats://a:b']}}\n", "inbox.nats.servers[0]: wants the URL of a NATS server"},
		"a server's port of nought": {cluster + "servers: ['nats://a:0']}}\n", "inbox.nats.servers[0]: wants the URL of a NATS server"},
		"a server without a host":   {cluster + "servers: ['nats://:4222']}}\n", "inbox.nats.servers[0]: wants the URL of a NATS server"},
		"a server with a path":      {cluster + "servers: ['nats://a:4222/js']}}\n", "a scheme, a host and a port, and nothing else"},
		"a server of a browser's":   {cluster + "servers: ['ws://a:80']}}\n", "no other scheme is spoken here"},
		"a server twice":            {cluster + "servers: ['nats://a:1', 'tls://a:1']}}\n", "inbox.nats.servers[1]: is servers[0] as well"},
		"a server that is a number": {cluster + "servers: [4222]}}\n", "inbox.nats.servers[0]: wants a text"},
		"a password in the file":    {cluster + "servers: ['nats://im:hunter2@a:4222']}}\n", "inbox.nats.servers[0]: holds a password or token in clear text: write ${NAME}"},
		"half a password":           {cluster + "servers: ['nats://im:hunter2${OLD_TOKEN}@a:4222']}}\n", "holds a password or token in clear text"},
		"a token in the file":       {cluster + "servers: ['hunter2@a:4222']}}\n", "holds a password or token in clear text"},
		"a password that is no URL": {cluster + "servers: ['nats://im:${ODD}@a:4222']}}\n", "what is not a letter or digit is written as %XX"},
		"a server from nowhere":     {cluster + "servers: ['${NOWHERE}']}}\n", "inbox.nats.servers[0]: the environment has no variable NOWHERE"},
		"two ways to log in":        {cluster + "servers: ['nats://a'], creds: c, nkey: k}}\n", "inbox.nats.nkey: is a second way to log in beside creds"},
		"a user beside creds":       {cluster + "servers: ['tls://im:${IM_TOKEN}@a'], creds: c}}\n", "inbox.nats.servers[0]: names a user, and creds or nkey another"},
		"a cluster's certificate":   {cluster + "servers: ['tls://a'], tls: {cert: c}}}\n", "inbox.nats.tls: has cert without key"},
		"a cluster's key":           {cluster + "servers: ['tls://a'], tls: {key: k}}}\n", "inbox.nats.tls: has key without cert"},
		"a wild prefix":             {cluster + "servers: ['tls://a'], prefix: 'a.>'}}\n", `inbox.nats.prefix: wants 1 to 32 lower-case letters, digits, dashes and underscores, beginning with a letter or digit, not "a.>"`},
		"no prefix":                 {cluster + "servers: ['tls://a'], prefix: ''}}\n", "inbox.nats.prefix: wants 1 to 32"},
		"an even number of copies":  {cluster + "servers: ['tls://a'], replicas: 2}}\n", "inbox.nats.replicas: wants 3, 5, or 1 where"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Parse("gateway.yaml", []byte(tt.text), environment)
			problems, ok := errors.AsType[config.Problems](err)
			if !ok || len(problems) != 1 || problems[0].Line == 0 || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%q: %v\nwant one problem with its place: %s", tt.text, err, tt.want)
			}
			if strings.Contains(fmt.Sprint(err), "hunter2") {
				t.Errorf("a secret is shown: %v", err)
			}
		})
	}
}

func TestWarningsOfACluster(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open, closed := write(t, dir, "open.creds", "x", 0o644), write(t, dir, "closed.creds", "x", 0o600)
	for name, tt := range map[string]struct{ rest, want string }{
		"a password in clear text":      {"servers: ['nats://im:${IM_TOKEN}@nats-1.internal']", "inbox.nats.servers[0]: sends its password to nats-1.internal:4222 in clear text: use tls://"},
		"a password to this machine":    {"servers: ['nats://im:${IM_TOKEN}@127.0.0.1']", ""},
		"a password within TLS":         {"servers: ['tls://im:${IM_TOKEN}@nats-1.internal']", ""},
		"a password and an authority":   {"servers: ['nats://im:${IM_TOKEN}@nats-1.internal'], tls: {ca: ca.pem}", ""},
		"one copy":                      {"servers: ['nats://a'], replicas: 1", "inbox.nats.replicas: keeps every event on one server alone"},
		"credentials that all may read": {"servers: ['nats://a'], creds: '" + open + "'", "inbox.nats.creds: everybody on this machine may read " + open},
		"a seed that all may read":      {"servers: ['nats://a'], nkey: '" + open + "'", "inbox.nats.nkey: everybody on this machine may read " + open},
		"credentials for one's own":     {"servers: ['nats://a'], creds: '" + closed + "'", ""},
		"a file that is not there yet":  {"servers: ['nats://a'], creds: later.creds", ""},
		"all of it by a variable":       {"servers: ['${WHOLE}']", ""},
		"a token by a variable":         {"servers: ['tls://${IM_TOKEN}@a:4222', 'tls://${IM_TOKEN}:${OLD_TOKEN}@b']", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := parse(t, cluster+tt.rest+"}}").Warnings
			if tt.want == "" && len(got) > 0 || tt.want != "" && (len(got) != 1 || !strings.Contains(got.Error(), tt.want) || got[0].Line == 0) {
				t.Errorf("warnings: %v, want: %s", got, tt.want)
			}
		})
	}
}

// A server's URL is for logs and reports as well, its password never.
func TestAServersPasswordIsNotPrinted(t *testing.T) {
	t.Parallel()
	server := config.Server("tls://im:hunter2/@x@nats-1.internal:4222")
	text, err := json.Marshal([]config.Server{server})
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{
		fmt.Sprint(server), fmt.Sprintf("%v %s %+v %#v %q", server, server, server, server, server),
		fmt.Sprintf("%+v", config.NATS{Servers: []config.Server{server}}), string(text), server.LogValue().String(),
	} {
		if strings.Contains(shown, "hunter2") || !strings.Contains(shown, "@nats-1.internal:4222") {
			t.Errorf("shown as %s", shown)
		}
	}
	for plain, want := range map[config.Server]string{"nats://a:4222": "nats://a:4222", "hunter2@a:1": "[secret]@a:1", "a:1": "a:1"} {
		if got := plain.String(); got != want {
			t.Errorf("%q is shown as %q, want %q", plain.Reveal(), got, want)
		}
	}
	if server.Reveal() != "tls://im:hunter2/@x@nats-1.internal:4222" {
		t.Error("Reveal does not return the URL")
	}
}

func TestAPluginsLocalState(t *testing.T) {
	t.Parallel()
	for said, allows := range map[string]bool{"": false, "local_state: refuse": false, "local_state: allow": true} {
		if got := parse(t, "plugins: {a: {"+said+"}}").Plugins["a"].AllowsLocalState(); got != allows {
			t.Errorf("%q allows it: %v", said, got)
		}
	}
}
