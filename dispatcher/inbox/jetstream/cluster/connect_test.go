package cluster_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/natstest"
)

// refusal is what Connect fails with: a kind, and words that its text has to have.
type refusal struct {
	options cluster.Options
	kind    error
	says    []string
}

func (r refusal) check(t *testing.T) {
	t.Helper()
	c, err := connect(t, r.options)
	if err == nil {
		_ = c.Close()
		t.Fatal("it connects")
	}
	if !errors.Is(err, r.kind) {
		t.Errorf("%v\nis not %v", err, r.kind)
	}
	for _, word := range r.says {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%v\ndoes not say %q", err, word)
		}
	}
	if strings.Contains(err.Error(), "s3cret") {
		t.Errorf("it shows a password: %v", err)
	}
	t.Log(err)
}

// garbage is a file that holds nothing of use.
func garbage(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// closed is an address that nobody listens on.
func closed(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return "nats://" + l.Addr().String()
}

func TestWhatIsConfiguredWronglyIsNamed(t *testing.T) {
	t.Parallel()
	server := []string{"nats://127.0.0.1:1"}
	tests := map[string]refusal{
		"no server":         {cluster.Options{}, cluster.ErrConfig, []string{"inbox.nats.servers"}},
		"no URL":            {cluster.Options{Servers: []string{"nats://a:s3cret@b:x"}}, cluster.ErrConfig, []string{"inbox.nats.servers: entry 1"}},
		"another scheme":    {cluster.Options{Servers: []string{"nats://a", "http://b"}}, cluster.ErrConfig, []string{"entry 2", `"http"`}},
		"no host":           {cluster.Options{Servers: []string{"nats://:4222"}}, cluster.ErrConfig, []string{"names no host"}},
		"a wrong prefix":    {cluster.Options{Servers: server, Prefix: "a.b"}, cluster.ErrConfig, []string{"inbox.nats.prefix"}},
		"two replicas":      {cluster.Options{Servers: server, Replicas: 2}, cluster.ErrConfig, []string{"inbox.nats.replicas"}},
		"a tiny log":        {cluster.Options{Servers: server, MaxBytes: 10}, cluster.ErrConfig, []string{"inbox.max_bytes"}},
		"both identities":   {cluster.Options{Servers: server, Creds: "a", NKey: "b"}, cluster.ErrConfig, []string{"inbox.nats.creds and inbox.nats.nkey"}},
		"no such creds":     {cluster.Options{Servers: server, Creds: "/nowhere"}, cluster.ErrConfig, []string{"inbox.nats.creds", "/nowhere"}},
		"creds without any": {cluster.Options{Servers: server, Creds: garbage(t)}, cluster.ErrConfig, []string{"inbox.nats.creds", "nsc generate creds"}},
		"nkey without any":  {cluster.Options{Servers: server, NKey: garbage(t)}, cluster.ErrConfig, []string{"inbox.nats.nkey"}},
		"no such CA":        {cluster.Options{Servers: server, TLS: cluster.TLS{CA: "/nowhere"}}, cluster.ErrConfig, []string{"inbox.nats.tls.ca"}},
		"a CA without any":  {cluster.Options{Servers: server, TLS: cluster.TLS{CA: garbage(t)}}, cluster.ErrConfig, []string{"inbox.nats.tls.ca"}},
		"cert without key":  {cluster.Options{Servers: server, TLS: cluster.TLS{Cert: garbage(t)}}, cluster.ErrConfig, []string{"inbox.nats.tls"}},
		"cert that is none": {cluster.Options{Servers: server, TLS: cluster.TLS{Cert: garbage(t), Key: garbage(t)}}, cluster.ErrConfig, []string{"inbox.nats.tls.cert"}},
		"nobody listens":    {cluster.Options{Servers: []string{closed(t), closed(t)}}, cluster.ErrUnreachable, []string{"inbox.nats.servers", "nobody listens"}},
		"nor there": {
			cluster.Options{Servers: []string{strings.Replace(closed(t), "//", "//u:s3cret@", 1)}}, cluster.ErrUnreachable, []string{"nobody listens"},
		},
		"an old server": {cluster.Options{Servers: []string{natstest.Pretend(t, "2.14.9")}}, cluster.ErrTooOld, []string{"2.14.9", "2.15"}},
		"one old of two": {cluster.Options{Servers: []string{
			natstest.Start(t, natstest.Options{}).URL(), natstest.Pretend(t, "2.11.0"),
		}}, cluster.ErrTooOld, []string{"2.11.0"}},
		"no JetStream": {
			cluster.Options{Servers: []string{natstest.Start(t, natstest.Options{NoJetStream: true}).URL()}},
			cluster.ErrNoJetStream,
			[]string{"inbox.nats.servers", "jetstream enabled"},
		},
		"no JetStream in the account": {
			cluster.Options{Servers: []string{natstest.Start(t, natstest.Options{
				Config: "accounts: {A: {users: [{user: a, password: b}]}, B: {jetstream: enabled, users: [{user: b, password: b}]}}\nno_auth_user: a\n",
			}).URL()}}, cluster.ErrNoJetStream, []string{"account"},
		},
		"more replicas than servers": {
			cluster.Options{Servers: []string{natstest.Start(t, natstest.Options{}).URL()}},
			cluster.ErrShape,
			[]string{"inbox.nats.replicas", "no cluster"},
		},
		"more bytes than there are": {
			cluster.Options{Servers: []string{natstest.Start(t, natstest.Options{MaxStore: 16 << 20}).URL()}, Replicas: 1, MaxBytes: 1 << 40},
			cluster.ErrShape,
			[]string{"inbox.max_bytes"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.check(t)
		})
	}
}

func TestWhoMayNotIsTold(t *testing.T) {
	t.Parallel()
	node := natstest.Start(t, natstest.Options{Users: []natstest.User{
		{Name: "all", Password: "s3cret"},
		{Name: "some", Password: "s3cret", Permissions: `publish: {deny: ["$JS.API.STREAM.>"]}`},
		{Name: "none", Password: "s3cret", Permissions: `publish: {deny: [">"]}`},
	}})
	host := strings.TrimPrefix(node.URL(), "nats://")
	tests := map[string]refusal{
		"a wrong password": {cluster.Options{Servers: []string{"nats://all:wrong@" + host}}, cluster.ErrDenied, []string{"inbox.nats.servers", "does not know the user"}},
		"nobody":           {cluster.Options{Servers: []string{node.URL()}}, cluster.ErrDenied, []string{"inbox.nats.servers"}},
		"no streams":       {cluster.Options{Servers: []string{"nats://some:s3cret@" + host}, Replicas: 1}, cluster.ErrDenied, []string{"$JS.API.STREAM.INFO.SWITCHHOOK_LOG"}},
		"nothing":          {cluster.Options{Servers: []string{"nats://none:s3cret@" + host}, Replicas: 1}, cluster.ErrDenied, []string{"$JS.API.INFO"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.check(t)
		})
	}
	join(t, cluster.Options{Servers: []string{"nats://all:s3cret@" + host}, Replicas: 1})
}

func TestCredsAndKeysAreShown(t *testing.T) {
	t.Parallel()
	operator, another := natstest.NewOperator(t), natstest.NewOperator(t)
	node := natstest.Start(t, natstest.Options{Operator: operator})
	o := cluster.Options{Servers: []string{node.URL()}, Replicas: 1, Creds: operator.Creds(t)}
	appendAll(t, join(t, o), "a")
	o.Creds = another.Creds(t)
	refusal{o, cluster.ErrDenied, []string{"inbox.nats.creds"}}.check(t)

	public, seed := natstest.NewNKey(t)
	_, wrong := natstest.NewNKey(t)
	o = cluster.Options{Servers: []string{natstest.Start(t, natstest.Options{NKeys: []string{public}}).URL()}, Replicas: 1, NKey: seed}
	appendAll(t, join(t, o), "a")
	o.NKey = wrong
	refusal{o, cluster.ErrDenied, []string{"inbox.nats.nkey"}}.check(t)
}

func TestTrustGoesBothWays(t *testing.T) {
	t.Parallel()
	ours, theirs := natstest.Certify(t), natstest.Certify(t)
	node := natstest.Start(t, natstest.Options{TLS: ours, VerifyClients: true})
	o := cluster.Options{Servers: []string{node.URL()}, Replicas: 1, TLS: cluster.TLS{CA: ours.CA, Cert: ours.Cert, Key: ours.Key}}
	appendAll(t, join(t, o), "a")
	for name, test := range map[string]struct {
		tls  cluster.TLS
		says string
	}{
		"another authority":     {cluster.TLS{CA: theirs.CA, Cert: ours.Cert, Key: ours.Key}, "inbox.nats.tls.ca"},
		"no authority":          {cluster.TLS{Cert: ours.Cert, Key: ours.Key}, "inbox.nats.tls.ca"},
		"no certificate":        {cluster.TLS{CA: ours.CA}, "inbox.nats.tls.cert"},
		"another's certificate": {cluster.TLS{CA: ours.CA, Cert: theirs.Cert, Key: theirs.Key}, "inbox.nats.tls.cert"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := o
			o.TLS = test.tls
			refusal{o, cluster.ErrTLS, []string{test.says}}.check(t)
		})
	}
	t.Run("a server without TLS", func(t *testing.T) {
		t.Parallel()
		o := o
		o.Servers = []string{strings.Replace(natstest.Start(t, natstest.Options{}).URL(), "nats:", "tls:", 1)}
		refusal{o, cluster.ErrTLS, []string{"inbox.nats.servers", "write nats:// and leave inbox.nats.tls out"}}.check(t)
	})
}

func TestGatewaysThatComeAtOnceAllConnect(t *testing.T) {
	t.Parallel()
	servers := natstest.NewCluster(t, 3, natstest.Options{})
	var wg sync.WaitGroup
	made := make([]*cluster.Cluster, 6)
	for i := range made {
		wg.Go(func() {
			var err error
			if made[i], err = connect(t, cluster.Options{Servers: servers.URLs()}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, c := range made {
		if c == nil {
			continue
		}
		if c.LogID() != made[0].LogID() {
			t.Errorf("one has the log %q, and another %q", made[0].LogID(), c.LogID())
		}
		_ = c.Close()
	}
}
