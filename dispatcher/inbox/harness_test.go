package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/switchhook/switchhook/dispatcher/inbox"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/dispatcher/inbox/storetest"
	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

const (
	added = "Sns.CallbackBlackListAdd"
	sent  = "C2C.CallbackAfterSendMsg"
)

// gateway is what an inbox sees of the rest: plugins, and who sends.
type gateway struct {
	*inbox.Inbox
	t        *testing.T
	store    store.Store
	registry *prometheus.Registry
	options  inbox.Options
	padding  string // of every body

	mu        sync.Mutex
	handle    map[string]func(cb sdk.Callback) error // by plugin; a plugin without one is fine
	gone      map[string]bool
	ignorant  map[string]bool // plugins that know live callbacks alone
	delivered []delivery
}

// ids are unlike any other.
var ids atomic.Int64

type delivery struct {
	plugin string
	cb     sdk.Callback
}

// open starts an inbox over s; it is closed with the test.
func open(t *testing.T, s store.Store, change ...func(*inbox.Options)) *gateway {
	t.Helper()
	g := opened(t, s, change...)
	g.Start()
	return g
}

// opened is an inbox that delivers nothing yet.
func opened(t *testing.T, s store.Store, change ...func(*inbox.Options)) *gateway {
	t.Helper()
	g := &gateway{
		t: t, store: s, registry: prometheus.NewRegistry(),
		handle: map[string]func(sdk.Callback) error{}, gone: map[string]bool{}, ignorant: map[string]bool{},
	}
	g.options = inbox.Options{
		Store: s, Deliver: g.deliver, Registerer: g.registry,
		Serves: func(plugin, _ string) string {
			g.mu.Lock()
			defer g.mu.Unlock()
			if g.gone[plugin] {
				return "the plugin is gone"
			}
			return ""
		},
		Knows: func(plugin string, _ sdk.Purpose) bool {
			g.mu.Lock()
			defer g.mu.Unlock()
			return !g.ignorant[plugin]
		},
		Lost: func(error) bool { return false }, Poison: func(error) bool { return false },
		Key: func(cb sdk.Callback) (string, bool) { return imevent.ContractOf(cb.Command).Key(cb) },
	}
	for _, c := range change {
		c(&g.options)
	}
	b, err := inbox.Open(t.Context(), g.options)
	if err != nil {
		t.Fatal(err)
	}
	g.Inbox = b
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := b.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return g
}

func memory(o storetest.MemoryOptions) *storetest.Memory { return storetest.NewMemory(o) }

func (g *gateway) deliver(_ context.Context, plugin string, cb sdk.Callback) (sdk.Reply, error) {
	g.mu.Lock()
	handle := g.handle[plugin]
	g.delivered = append(g.delivered, delivery{plugin: plugin, cb: cb})
	g.mu.Unlock()
	if handle == nil {
		return sdk.Reply{}, nil
	}
	return sdk.Reply{}, handle(cb)
}

func (g *gateway) handled(plugin string, handle func(cb sdk.Callback) error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.handle[plugin] = handle
}

// serve has plugins be there, or not.
func (g *gateway) serve(there bool, plugins ...string) {
	g.mu.Lock()
	for _, p := range plugins {
		g.gone[p] = !there
	}
	g.mu.Unlock()
	g.Refresh()
}

// deliveries are those made to plugin so far.
func (g *gateway) deliveries(plugin string) (all []sdk.Callback) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, d := range g.delivered {
		if d.plugin == plugin {
			all = append(all, d.cb)
		}
	}
	return all
}

// callback is the next of a command, unlike any other.
func (g *gateway) callback(command string) sdk.Callback {
	n := ids.Add(1)
	return sdk.Callback{
		ID: fmt.Sprintf("id-%d", n), Command: command, AppID: "1400000001", ClientIP: "192.0.2.1", Platform: "iOS",
		ReceivedAt: time.Now(), Attempt: 1, Body: fmt.Appendf(nil, `{"CallbackCommand":%q,"n":%d,"padding":%q}`, command, n, g.padding),
	}
}

// accept sends n callbacks for the plugins.
func (g *gateway) accept(command string, n int, plugins ...string) {
	g.t.Helper()
	for range n {
		if err := g.Accept(g.t.Context(), g.callback(command), plugins); err != nil {
			g.t.Fatal(err)
		}
	}
}

// settled waits until so many copies wait that cannot be delivered: within a bubble,
// and for some two minutes of its time at most.
func (g *gateway) settled(want int64) {
	g.t.Helper()
	for step := 10 * time.Millisecond; step < 30*time.Second; step += step / 4 {
		synctest.Wait()
		if g.waiting() == want {
			return
		}
		time.Sleep(step) //nolint:forbidigo // in a bubble: no time passes outside
	}
	g.t.Fatalf("%d copies wait, want %d", g.waiting(), want)
}

func (g *gateway) waiting() (n int64) {
	g.t.Helper()
	stats, err := g.store.Stats(g.t.Context())
	if err != nil {
		g.t.Fatal(err)
	}
	for _, q := range stats.Queues {
		n += q.Waiting()
	}
	return n
}

// copies are those that a filter chooses.
func (g *gateway) copies(f store.Filter) []store.Copy {
	g.t.Helper()
	page, err := g.Scan(g.t.Context(), store.ScanQuery{Filter: f, Limit: 10000, Bodies: true})
	if err != nil {
		g.t.Fatal(err)
	}
	return page.Copies
}

// metric is the value of a counter or a gauge, with a label's value where it has one.
func (g *gateway) metric(name string, label ...string) float64 {
	g.t.Helper()
	families, err := g.registry.Gather()
	if err != nil {
		g.t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetValue())
			}
			if !slices.Equal(labels, label) {
				continue
			}
			switch {
			case m.GetCounter() != nil:
				return m.GetCounter().GetValue()
			case m.GetHistogram() != nil:
				return float64(m.GetHistogram().GetSampleCount())
			}
			return m.GetGauge().GetValue()
		}
	}
	g.t.Fatalf("no series %s%v", name, label)
	return 0
}

// lawHolds checks the law of conservation: see counts.go.
func (g *gateway) lawHolds() {
	g.t.Helper()
	came := g.metric("switchhook_inbox_recovered_messages") + g.metric("switchhook_inbox_enqueued_total")
	went := 0.0
	for _, result := range []string{"done", "dead", "merged"} {
		went += g.metric("switchhook_inbox_completed_total", result)
	}
	left := g.metric("switchhook_inbox_messages", "ready") + g.metric("switchhook_inbox_messages", "retry")
	if came != went+left {
		g.t.Errorf("%v copies came, %v went and %v wait: the law does not hold", came, went, left)
	}
}

var (
	errFailed = errors.New("no database")
	errNever  = sdk.Permanent(errors.New("no such user"))
)
