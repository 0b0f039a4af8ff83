package share_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/switchhook/switchhook/dispatcher/inbox"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	added   = "Sns.CallbackFriendAdd"
	deleted = "Sns.CallbackFriendDelete"
	// patience bounds what a test waits for.
	patience = 60 * time.Second
)

var plugins = []string{"audit", "blacklist", "mailer"}

// ids are unlike any other.
var ids atomic.Int64

// rig is several gateways over one pool, and the ledger of what they delivered.
type rig struct {
	*pool
	t        *testing.T
	gateways []*gateway

	mu     sync.Mutex
	ledger map[string][]delivery // by plugin and id
	order  map[string][]string   // ids in the order of their deliveries, by plugin
}

type delivery struct {
	gateway *gateway
	cb      sdk.Callback
}

// gateway is one of them.
type gateway struct {
	*inbox.Inbox
	rig   *rig
	store *member

	mu     sync.Mutex
	away   map[string]bool // plugins, and plugins with a command, that it does not serve
	handle func(ctx context.Context, plugin string, cb sdk.Callback) error
}

func newRig(t *testing.T, gateways int, settings inbox.Settings) *rig {
	t.Helper()
	r := &rig{pool: newPool(), t: t, ledger: map[string][]delivery{}, order: map[string][]string{}}
	subscribed := r.join()
	for _, p := range plugins {
		if err := subscribed.Subscribe(t.Context(), store.Subscription{Plugin: p, Pattern: "Sns.*"}); err != nil {
			t.Fatal(err)
		}
	}
	for range gateways {
		r.open(settings)
	}
	return r
}

// open adds a gateway, which is closed with the test.
func (r *rig) open(settings inbox.Settings) *gateway {
	r.t.Helper()
	g := &gateway{rig: r, store: r.join(), away: map[string]bool{}}
	r.gateways = append(r.gateways, g)
	b, err := inbox.Open(r.t.Context(), inbox.Options{
		Store: g.store, Deliver: g.deliver, Serves: g.serves, Settings: settings,
		Knows: func(string, sdk.Purpose) bool { return true },
		Lost:  func(error) bool { return false }, Poison: func(error) bool { return false },
		Key:      func(cb sdk.Callback) (string, bool) { return cb.Key, cb.Key != "" },
		OrderKey: func(cb sdk.Callback, _ inbox.Order) string { return cb.AppID },
	})
	if err != nil {
		r.t.Fatal(err)
	}
	g.Inbox = b
	b.Start()
	r.t.Cleanup(func() { g.close() })
	return g
}

func (g *gateway) close() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if g.store.isDead() { // its results are never written
		cancel()
	}
	if err := g.Close(ctx); err != nil && !g.store.isDead() {
		g.rig.t.Errorf("close: %v", err)
	}
}

func (g *gateway) serves(plugin, command string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.away[plugin] || g.away[plugin+" "+command] {
		return "it is not here"
	}
	return ""
}

// serve has it serve a plugin, or a plugin's command, or not.
func (g *gateway) serve(what string, there bool) {
	g.mu.Lock()
	g.away[what] = !there
	g.mu.Unlock()
	g.Refresh()
}

func (g *gateway) handled(f func(ctx context.Context, plugin string, cb sdk.Callback) error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.handle = f
}

func (g *gateway) deliver(ctx context.Context, plugin string, cb sdk.Callback) (sdk.Reply, error) {
	g.mu.Lock()
	handle := g.handle
	g.mu.Unlock()
	g.rig.mu.Lock()
	g.rig.ledger[plugin+" "+cb.ID] = append(g.rig.ledger[plugin+" "+cb.ID], delivery{g, cb})
	g.rig.order[plugin] = append(g.rig.order[plugin], cb.ID)
	g.rig.mu.Unlock()
	if handle == nil {
		return sdk.Reply{}, nil
	}
	return sdk.Reply{}, handle(ctx, plugin, cb)
}

// accept sends n callbacks of a command to a gateway, from several senders at once.
func (g *gateway) accept(command string, n int, plugins ...string) {
	g.rig.t.Helper()
	var senders sync.WaitGroup
	for worker := range 16 {
		senders.Go(func() {
			for i := worker; i < n; i += 16 {
				if err := g.Accept(context.Background(), callback(command), plugins); err != nil {
					g.rig.t.Errorf("accept: %v", err)
					return
				}
			}
		})
	}
	senders.Wait()
}

func callback(command string) sdk.Callback {
	n := ids.Add(1)
	return sdk.Callback{
		ID: fmt.Sprintf("id-%d", n), Command: command, AppID: "1400000001", ReceivedAt: time.Now(), Body: fmt.Appendf(nil, `{"n":%d}`, n),
	}
}

// await waits for something to be so.
func (r *rig) await(what string, so func() bool) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	for !so() {
		if ctx.Err() != nil {
			r.t.Fatalf("%s: not so after %v; %d copies wait", what, patience, r.waiting())
		}
		wait(ctx)
	}
}

// settled waits until nothing waits.
func (r *rig) settled() {
	r.t.Helper()
	r.await("nothing waits", func() bool { return r.waiting() == 0 })
}

func (r *rig) waiting() int {
	r.pool.mu.Lock()
	defer r.pool.mu.Unlock()
	return r.pool.waiting
}

// deliveries are how many were made, and of how many copies.
func (r *rig) deliveries() (made, copies int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, all := range r.ledger {
		made += len(all)
	}
	return made, len(r.ledger)
}

// by counts the deliveries that a gateway made.
func (r *rig) by(g *gateway) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, all := range r.ledger {
		for _, d := range all {
			if d.gateway == g {
				n++
			}
		}
	}
	return n
}
