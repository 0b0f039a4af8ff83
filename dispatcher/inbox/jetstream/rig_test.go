package jetstream_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

const command = "Sns.CallbackFriendAdd"

// gateway opens a store of its own on the log, in a new folder.
func gateway(t *testing.T, h *history) *jetstream.Store {
	t.Helper()
	return gatewayIn(t, h, t.TempDir())
}

func gatewayIn(t *testing.T, h *history, dir string) *jetstream.Store {
	t.Helper()
	s, err := jetstream.OpenOn(t.Context(), h.connect(), h, jetstream.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // a test may have closed it
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func closed(t *testing.T, s *jetstream.Store) {
	t.Helper()
	must(t, s.Close())
}

// event makes an event by its number.
func event(n int) store.Event {
	return store.Event{
		ID: fmt.Sprintf("id-%d", n), Key: fmt.Sprintf("key-%d", n), Command: command, AppID: "1400000001",
		ReceivedAt: time.Date(2026, 11, 28, 12, 0, n, 0, time.UTC), Body: fmt.Appendf(nil, `{"n":%d}`, n),
	}
}

// noise is a body that nothing makes shorter.
func noise(size int) []byte {
	body := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{}).Read(body)
	return body
}

// accept commits the events of these numbers, one entry each.
func accept(t *testing.T, s store.Store, from, to int, plugins ...string) {
	t.Helper()
	for n := from; n <= to; n++ {
		must(t, s.Commit(t.Context(), &store.Batch{Appends: []store.Append{{Event: event(n), Plugins: plugins}}}))
	}
}

// story leaves something of everything in a store.
func story(t *testing.T, s store.Store) {
	t.Helper()
	ctx, at := t.Context(), time.Date(2026, 11, 28, 13, 0, 0, 0, time.UTC)
	must(t, s.Subscribe(ctx, store.Subscription{Plugin: "a", Pattern: "Sns.*", Since: at}, store.Subscription{Plugin: "b", Pattern: "*", Since: at}))
	accept(t, s, 1, 8, "a", "b")
	must(t, s.Commit(ctx, &store.Batch{Results: []store.Result{
		{Plugin: "a", Seq: 1, State: store.Done, Attempts: 1, At: at},
		{Plugin: "b", Seq: 1, State: store.Done, Attempts: 1, At: at},
		{Plugin: "a", Seq: 2, State: store.Retry, Attempts: 1, At: at, DueAt: at.Add(time.Minute), Error: "busy"},
		{Plugin: "b", Seq: 2, State: store.Dead, Attempts: 3, At: at, Reason: store.Expired, Error: "gone"},
		{Plugin: "a", Seq: 3, State: store.Dead, Attempts: 2, At: at, Reason: store.Malformed},
	}}))
	must(t, s.Commit(ctx, &store.Batch{
		Requeues: []store.Requeue{{Plugin: "a", Seq: 3, Purpose: 1}, {Plugin: "c", Seq: 4}}, Drops: []store.Drop{{Plugin: "b", Seq: 2}},
	}))
	if _, err := s.Trim(ctx, store.Retention{Before: at.Add(time.Hour), Limit: 100}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Move(ctx, "c", "d"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Unsubscribe(ctx, "a", "Sns.*"); err != nil {
		t.Fatal(err)
	}
}

// answers are what a store says of all that it has.
type answers struct {
	Copies        []store.Copy
	Subscriptions []store.Subscription
	Queues        []store.Queue
	LastSeq       uint64
}

func ask(t *testing.T, s store.Store) (a answers) {
	t.Helper()
	q := store.ScanQuery{Limit: 100, Bodies: true}
	for {
		page, err := s.Scan(t.Context(), q)
		must(t, err)
		a.Copies = append(a.Copies, page.Copies...)
		if q.After = page.Next; page.Next == nil {
			break
		}
	}
	var err error
	a.Subscriptions, err = s.Subscriptions(t.Context())
	must(t, err)
	stats, err := s.Stats(t.Context())
	must(t, err)
	a.Queues, a.LastSeq = stats.Queues, stats.LastSeq
	return a
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if reflect.DeepEqual(want, got) {
		return // as a rule, and far quicker than what explains a difference
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("it never came to it: %s", what)
		}
	}
}

// view is the file of the view that a closed store, or an open one, has in a folder.
func view(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*", "*", "inbox.db"))
	if err != nil || len(files) != 1 {
		t.Fatalf("there are views %v (%v), want one", files, err)
	}
	return files[0]
}

// spoil overwrites all of a closed view but its first page.
func spoil(t *testing.T, dir string) {
	t.Helper()
	file := view(t, dir)
	data, err := os.ReadFile(file)
	must(t, err)
	for i := 4096; i < len(data); i++ {
		data[i] = 0x5a
	}
	must(t, os.WriteFile(file, data, 0o600))
}
