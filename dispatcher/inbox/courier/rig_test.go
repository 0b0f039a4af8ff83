package courier_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/switchhook/switchhook/dispatcher/inbox/courier"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/dispatcher/inbox/storetest"
	"github.com/switchhook/switchhook/sdk"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	cmdA = "Sns.CallbackFriendAdd"
	cmdB = "Sns.CallbackFriendDelete"
	cmdC = "Group.CallbackAfterSendMsg"
)

var (
	errSick   = errors.New("the database is away")
	errDown   = &sdk.Fault{Kind: sdk.KindUnavailable, Err: errors.New("plugin p is not running")}
	errLost   = &sdk.Fault{Kind: sdk.KindUnavailable, Err: errors.New("the process ended")}
	errPoison = &sdk.Fault{Kind: sdk.KindPermanent, Err: errors.New("it is not sent again")}
)

// ids numbers the events of all rigs.
var ids atomic.Int64

// delivery is an attempt that the rig's plugin saw.
type delivery struct {
	at     time.Time
	plugin string
	cb     sdk.Callback
}

// rig is a courier with a store and the least of a committer: one goroutine that
// commits one batch after the other and tells the courier.
type rig struct {
	tb      testing.TB
	store   *storetest.Memory
	options courier.Options
	*courier.Courier

	mu      sync.Mutex
	seen    []delivery
	batches []*store.Batch
	// stalledBatches are the results that are not committed while stalled.
	stalledBatches []*store.Batch
	committed      *sync.Cond
	handle         handle
	stalled        bool // no results are committed
	ended          bool
	done           chan struct{}
}

// handle is what the rig's plugin does.
type handle func(ctx context.Context, plugin string, cb sdk.Callback) error

func ok(context.Context, string, sdk.Callback) error { return nil }

// newRig starts a courier over s, or an empty store where that is nil.
func newRig(tb testing.TB, s *storetest.Memory, h handle, change func(*courier.Options)) *rig {
	tb.Helper()
	if s == nil {
		s = storetest.NewMemory(storetest.MemoryOptions{})
	}
	r := &rig{tb: tb, store: s, handle: h, done: make(chan struct{})}
	r.committed = sync.NewCond(&r.mu)
	r.options = courier.Options{
		Archive: s,
		Deliver: func(ctx context.Context, plugin string, cb sdk.Callback) (sdk.Reply, error) {
			r.mu.Lock()
			r.seen = append(r.seen, delivery{time.Now(), plugin, cb})
			handle := r.handle
			r.mu.Unlock()
			return sdk.Reply{}, handle(ctx, plugin, cb)
		},
		Report: func(res store.Result) {
			r.queue(&store.Batch{Results: []store.Result{res}})
		},
		Serves:   func(string, string) string { return "" },
		Lost:     func(err error) bool { return errors.Is(err, errLost) },
		Poison:   func(err error) bool { return errors.Is(err, errPoison) },
		OrderKey: func(cb sdk.Callback, _ courier.Order) string { return strings.SplitN(string(cb.Body), "/", 2)[0] },
		Rand:     func() float64 { return 0.5 },
	}
	if change != nil {
		change(&r.options)
	}
	r.Courier = courier.New(r.options)
	go r.commit()
	return r
}

func (r *rig) start() {
	r.tb.Helper()
	stats, err := r.store.Stats(context.Background())
	if err != nil {
		r.tb.Fatal(err)
	}
	r.Start(stats.Queues)
}

func (r *rig) queue(b *store.Batch) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.batches = append(r.batches, b)
	r.committed.Broadcast()
}

// commit puts everything that is queued into one commit after the other.
func (r *rig) commit() {
	defer close(r.done)
	for {
		r.mu.Lock()
		for len(r.batches) == 0 && !r.ended {
			r.committed.Wait()
		}
		if len(r.batches) == 0 {
			r.mu.Unlock()
			return
		}
		var all store.Batch
		var rest []*store.Batch
		for _, b := range r.batches {
			if r.stalled && len(b.Results) > 0 {
				rest = append(rest, b)
				continue
			}
			all.Appends = append(all.Appends, b.Appends...)
			all.Results = append(all.Results, b.Results...)
			all.Requeues = append(all.Requeues, b.Requeues...)
		}
		r.batches = nil
		r.stalledBatches = append(r.stalledBatches, rest...)
		r.mu.Unlock()
		if err := r.store.Commit(context.Background(), &all); err != nil {
			r.tb.Errorf("commit: %v", err)
			return
		}
		r.Committed(&all)
	}
}

// accept appends events of a command for plugin p, one commit each; the bodies name
// their order keys.
func (r *rig) accept(command string, bodies ...string) {
	for _, body := range bodies {
		r.queue(&store.Batch{Appends: []store.Append{newAppend(command, body, "p")}})
	}
}

func newAppend(command, body string, plugins ...string) store.Append {
	return store.Append{Plugins: plugins, Event: store.Event{
		ID: strconv.FormatInt(ids.Add(1), 10), Key: "key of " + body, Command: command, AppID: "1400000001",
		ReceivedAt: time.Now().UTC().Truncate(time.Microsecond), Body: []byte(body),
	}}
}

// setHandle has later callbacks handled by h.
func (r *rig) setHandle(h handle) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.handle = h
}

// stall has no results committed while on.
func (r *rig) stall(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stalled = on
	if !on {
		r.batches, r.stalledBatches = append(r.stalledBatches, r.batches...), nil
	}
	r.committed.Broadcast()
}

// close ends the courier, and then the committer once it has committed everything.
func (r *rig) close() {
	r.tb.Helper()
	if err := r.Close(context.Background()); err != nil {
		r.tb.Errorf("close: %v", err)
	}
	r.end()
}

// end ends the committer; what is stalled is lost as in a crash.
func (r *rig) end() {
	r.mu.Lock()
	r.ended = true
	r.committed.Broadcast()
	r.mu.Unlock()
	<-r.done
}

func (r *rig) deliveries() []delivery {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.seen)
}

// bodies are the bodies of what was delivered, in order.
func (r *rig) bodies() []string {
	var all []string
	for _, d := range r.deliveries() {
		all = append(all, string(d.cb.Body))
	}
	return all
}

// copies is what the store has, by body.
func (r *rig) copies() map[string]store.Copy {
	r.tb.Helper()
	page, err := r.store.Scan(context.Background(), store.ScanQuery{Bodies: true})
	if err != nil {
		r.tb.Fatal(err)
	}
	all := map[string]store.Copy{}
	for _, o := range page.Copies {
		all[string(o.Event.Body)] = o
	}
	return all
}

// states counts the copies by state.
func (r *rig) states() map[store.State]int {
	counts := map[store.State]int{}
	for _, o := range r.copies() {
		counts[o.State]++
	}
	return counts
}

// line is the one of plugin p and cmdA.
func (r *rig) line() courier.LineState {
	r.tb.Helper()
	for _, l := range r.Lines() {
		if l.Name == cmdA && l.Plugin == "p" {
			return l
		}
	}
	r.tb.Fatalf("no line in %+v", r.Lines())
	return courier.LineState{}
}

// pass lets time go by in the bubble, and what is due be done.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}
