package jetstream_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/natstest"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// documented is the nats.conf of docs/scaling.md.
func documented(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../../docs/scaling.md")
	must(t, err)
	found := regexp.MustCompile("(?ms)^```conf nats.conf\n(.*?)^```$").FindSubmatch(page)
	if found == nil {
		t.Fatal("docs/scaling.md has no nats.conf")
	}
	return string(found[1])
}

func TestADocumentedServerStarts(t *testing.T) {
	t.Parallel()
	files := natstest.Certify(t)
	conf := strings.NewReplacer("/etc/nats/node.pem", files.Cert, "/etc/nats/node.key", files.Key, "/etc/nats/ca.pem", files.CA).Replace(documented(t))
	path := filepath.Join(t.TempDir(), "nats.conf")
	must(t, os.WriteFile(path, []byte(conf), 0o600))
	cmd := exec.CommandContext(t.Context(), "go", "tool", "-modfile=../../../.ci/nats/go.mod", "nats-server", "-c", path, "-t")
	cmd.Env = append(os.Environ(), "GATEWAY_PASSWORD=secret", "ADMIN_PASSWORD=secret")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("nats-server -t: %v\n%s", err, out)
	}
}

// With the permissions of the page a gateway does all that it ever does.
func TestTheDocumentedPermissionsSuffice(t *testing.T) {
	t.Parallel()
	_, accounts, ok := strings.Cut(documented(t), "\nsystem_account:")
	if !ok {
		t.Fatal("docs/scaling.md has no system_account")
	}
	accounts = strings.NewReplacer("$GATEWAY_PASSWORD", "secret", "$ADMIN_PASSWORD", "secret").Replace(accounts)
	node := natstest.Start(t, natstest.Options{Config: "system_account:" + accounts + "\nno_auth_user: gateway\n"})
	url := strings.Replace(node.URL(), "nats://", "nats://gateway:secret@", 1)
	open := func() *jetstream.Store {
		s, err := jetstream.Open(t.Context(), jetstream.Options{Dir: t.TempDir(), Cluster: cluster.Options{
			Servers: []string{url}, Replicas: 1, MaxBytes: 64 << 20,
		}})
		must(t, err)
		t.Cleanup(func() { closed(t, s) })
		return s
	}
	s := open()
	story(t, s)
	large := event(50)
	large.Body = noise(3_200_000)
	must(t, s.Commit(t.Context(), &store.Batch{Appends: []store.Append{{Event: large, Plugins: []string{"b"}}}}))
	claim, err := s.Claim(t.Context(), "b", 100)
	must(t, err)
	must(t, claim.Keep())
	must(t, s.Offer(t.Context(), "b", claim.Seqs()[:1], false))
	must(t, claim.Done())
	if _, _, err := s.Places(t.Context(), "b"); err != nil {
		t.Error(err)
	}
	must(t, s.Baton(t.Context(), "keeper", func(held context.Context) { must(t, s.KeepOnce(held)) }))
	must(t, s.Snapshot(t.Context()))
	must(t, s.KeepOnce(t.Context()))
	same(t, "answers of another", ask(t, s), ask(t, open()))
	c, err := cluster.Connect(t.Context(), cluster.Options{Servers: []string{url}, Replicas: 1, MaxBytes: 64 << 20})
	must(t, err)
	defer func() { must(t, c.Close()) }()
	found, err := c.Examine(t.Context())
	must(t, err)
	for _, f := range found {
		if f.State == cluster.Failed || strings.HasPrefix(f.Check, "sync_interval") && f.State != cluster.OK {
			t.Errorf("examined: %+v", f)
		}
	}
	if said := s.Status().LastError; strings.Contains(strings.ToLower(said), "permission") {
		t.Error(said)
	}
}
