package storetest

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// The commands and plugins that the tests speak of.
const (
	added   = "Sns.CallbackFriendAdd"
	deleted = "Sns.CallbackFriendDelete"
	created = "Group.CallbackAfterCreateGroup"

	audit     = "audit"
	blacklist = "blacklist"
	mailer    = "mailer"
)

// fixture is a store under test, with a clock of its own and short words for what
// tests do all the time.
type fixture struct {
	store.Store
	t       tester
	folder  func() string // makes an empty one
	im      Implementation
	dir     string
	options Options

	mu    sync.Mutex
	clock time.Time
	made  int
}

func newFixture(t *testing.T, im Implementation) *fixture {
	t.Helper()
	return &fixture{t: t, folder: t.TempDir, im: im, clock: time.Now().UTC().Truncate(time.Second)}
}

// tester is what [testing.T] and [rapid.T] have in common.
type tester interface {
	rapid.TB
	Context() context.Context
	Cleanup(f func())
}

// open opens a new store; it comes first in every test.
func (f *fixture) open(o Options) {
	f.t.Helper()
	if o.DuplicateWindow == 0 {
		o.DuplicateWindow = time.Hour
	}
	o.Now = f.now
	f.dir, f.options = f.folder(), o
	f.use(f.dir)
	f.t.Cleanup(func() {
		if f.Store != nil {
			f.close()
		}
	})
}

func (f *fixture) use(dir string) {
	f.t.Helper()
	s, err := f.im.Open(f.t.Context(), dir, f.options)
	f.must(err)
	f.dir, f.Store = dir, s
}

func (f *fixture) close() {
	f.t.Helper()
	err := f.Close()
	f.Store = nil
	f.must(err)
}

func (f *fixture) reopen() {
	f.t.Helper()
	f.close()
	f.use(f.dir)
}

// crash goes on with what a killed process would have left.
func (f *fixture) crash() {
	f.t.Helper()
	old, to := f.Store, f.folder()
	f.must(f.im.Crash(f.dir, to))
	f.use(to)
	f.must(old.Close())
}

func (f *fixture) now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.clock
}

// pass lets time go by.
func (f *fixture) pass(d time.Duration) time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.clock = f.clock.Add(d)
	return f.clock
}

// event makes an event that was received a moment after the one before.
func (f *fixture) event(command string) store.Event {
	at := f.pass(1003 * time.Microsecond)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.made++
	return store.Event{
		ID: fmt.Sprintf("0193-%06d", f.made), Key: fmt.Sprintf("key %d", f.made), Command: command,
		AppID: "1400000001", ClientIP: "203.0.113.7", Platform: "RESTAPI",
		ReceivedAt: at, Body: fmt.Appendf(nil, `{"n":%d}`, f.made),
	}
}

// add commits a new event of its own and returns it as it was kept.
func (f *fixture) add(command string, plugins ...string) store.Event {
	f.t.Helper()
	return f.append(store.Append{Event: f.event(command), Plugins: plugins}).Event
}

// append commits a and returns what the commit has made of it.
func (f *fixture) append(a store.Append) store.Append {
	f.t.Helper()
	b := f.commit(store.Batch{Appends: []store.Append{a}})
	return b.Appends[0]
}

func (f *fixture) commit(b store.Batch) store.Batch {
	f.t.Helper()
	f.must(f.Commit(f.t.Context(), &b))
	return b
}

// result commits what an attempt, the first one, has led to.
func (f *fixture) result(plugin string, seq uint64, s store.State) store.Result {
	f.t.Helper()
	r := store.Result{Plugin: plugin, Seq: seq, State: s, Attempts: 1, At: f.pass(time.Millisecond)}
	switch s {
	case store.Retry:
		r.DueAt, r.Error = r.At.Add(time.Minute), "the plugin was busy"
	case store.Dead:
		r.Reason, r.Error = store.Permanent, "no such user"
	default:
	}
	f.commit(store.Batch{Results: []store.Result{r}})
	return r
}

// drop has the copy, which waits, end as a dropped dead letter.
func (f *fixture) drop(plugin string, seq uint64) {
	f.t.Helper()
	f.result(plugin, seq, store.Dead)
	f.commit(store.Batch{Drops: []store.Drop{{Plugin: plugin, Seq: seq}}})
}

// scan returns all pages of q in one.
func (f *fixture) scan(q store.ScanQuery) []store.Copy {
	f.t.Helper()
	var all []store.Copy
	for range 1000 {
		page, err := f.Scan(f.t.Context(), q)
		f.must(err)
		if len(page.Copies) > q.Limit {
			f.t.Fatalf("a page of %d copies, the limit is %d", len(page.Copies), q.Limit)
		}
		all = append(all, page.Copies...)
		if page.Next == nil {
			return all
		}
		q.After = page.Next
	}
	f.t.Fatalf("a scan of %d copies has no end", len(all))
	return nil
}

// all returns every copy that there is, with its body.
func (f *fixture) all() []store.Copy {
	f.t.Helper()
	return f.scan(store.ScanQuery{Limit: 100, Bodies: true})
}

// copy returns one copy, which must be there.
func (f *fixture) copy(plugin string, seq uint64) store.Copy {
	f.t.Helper()
	for _, c := range f.scan(store.ScanQuery{Filter: store.Filter{Plugin: plugin}, Limit: 100, Bodies: true}) {
		if c.Event.Seq == seq {
			return c
		}
	}
	f.t.Fatalf("%s has no copy of event %d", plugin, seq)
	return store.Copy{}
}

func (f *fixture) stats() store.Stats {
	f.t.Helper()
	s, err := f.Stats(f.t.Context())
	f.must(err)
	return s
}

// waiting asks with room for everything, unless q says otherwise.
func (f *fixture) waiting(q store.WaitingQuery) []store.Copy {
	f.t.Helper()
	if q.Limit == 0 {
		q.Limit = 1000
	}
	if q.MaxBytes == 0 {
		q.MaxBytes = 1 << 30
	}
	copies, err := f.Waiting(f.t.Context(), q)
	f.must(err)
	return copies
}

func (f *fixture) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// same compares; nil and empty are one, since both are nothing.
func (f *fixture) same(what string, got, want any) {
	f.t.Helper()
	if reflect.DeepEqual(want, got) {
		return // as a rule, and far quicker than what explains a difference
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		f.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func line(plugin string, commands ...string) store.Line {
	return store.Line{Plugin: plugin, Commands: commands}
}

func seqs(copies []store.Copy) []uint64 {
	var all []uint64
	for _, c := range copies {
		all = append(all, c.Event.Seq)
	}
	return all
}
