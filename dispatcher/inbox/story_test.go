package inbox_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox"
	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

// flaky is a store whose commits fail on request.
type flaky struct {
	store.Store
	broken atomic.Bool
}

func (f *flaky) Commit(ctx context.Context, b *store.Batch) error {
	if f.broken.Load() {
		return errors.New("input/output error")
	}
	return f.Store.Commit(ctx, b)
}

func onDisk(t *testing.T, dir string) *flaky {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Dir: dir, MaxBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return &flaky{Store: s}
}

func TestTheWholeStoryOnDisk(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		s := onDisk(t, dir)
		g := open(t, s)
		g.aDuplicate()
		g.aFailingCommit(s)
		g.aFullStore()
		g.aReplay()
		g.changedSubscriptions()
		g.serve(false, "later")
		synctest.Wait()
		g.accept(added, 5, "later")
		g.closedAndOpened(t, dir)
	})
}

// aDuplicate: a message that is sent twice is delivered once.
func (g *gateway) aDuplicate() {
	g.t.Helper()
	for range 2 {
		cb := g.callback(sent)
		cb.Body = []byte(`{"CallbackCommand":"C2C.CallbackAfterSendMsg","From_Account":"a","To_Account":"b",
			"MsgKey":"1_2_3","MsgId":"m","MsgSeq":1,"MsgRandom":2,"MsgTime":3,"EventTime":4,"SendMsgResult":0}`)
		if err := g.Accept(g.t.Context(), cb, []string{"p"}); err != nil {
			g.t.Fatal(err)
		}
	}
	g.settled(0)
	if n := len(g.deliveries("p")); n != 1 {
		g.t.Errorf("%d deliveries of one message", n)
	}
	g.lawHolds()
}

// aFailingCommit: what cannot be written is refused, and what was delivered
// meanwhile is written once that is possible.
func (g *gateway) aFailingCommit(s *flaky) {
	g.t.Helper()
	release := make(chan struct{})
	g.handled("slow", func(sdk.Callback) error { <-release; return nil })
	g.accept(added, 3, "slow")
	synctest.Wait()
	s.broken.Store(true)
	if err := g.Accept(g.t.Context(), g.callback(added), []string{"p"}); sdk.KindOf(err) != sdk.KindUnavailable {
		g.t.Errorf("a failing commit: %v", err)
	}
	close(release)
	time.Sleep(5 * time.Second) //nolint:forbidigo // in a bubble: no time passes outside
	if text, full, since := g.Problem(); full || !strings.Contains(text, "input/output error") || since.IsZero() {
		g.t.Errorf("the problem: %q since %v", text, since)
	}
	s.broken.Store(false)
	g.settled(0)
	if n := len(g.deliveries("slow")); n != 3 {
		g.t.Errorf("%d deliveries, want 3", n)
	}
	g.lawHolds()
}

// aFullStore: it refuses, and takes callbacks again when what was done has gone.
func (g *gateway) aFullStore() {
	g.t.Helper()
	g.padding = strings.Repeat("x", 40<<10)
	accepted, err := g.fill()
	g.padding = ""
	if sdk.KindOf(err) != sdk.KindOverloaded || !errors.Is(err, store.ErrFull) {
		g.t.Fatalf("full after %d: %v", accepted, err)
	}
	g.serve(true, "gone")
	g.settled(0)
	for range 100 {
		if text, full, _ := g.Problem(); text == "" || !full {
			break
		}
		time.Sleep(time.Second) //nolint:forbidigo // in a bubble: no time passes outside
	}
	g.accept(added, 1, "gone")
	g.settled(0)
	if n := len(g.deliveries("gone")); n != accepted+1 {
		g.t.Errorf("%d deliveries of %d accepted", n, accepted+1)
	}
	g.lawHolds()
}

// aReplay goes to the plugin that knows it.
func (g *gateway) aReplay() {
	g.t.Helper()
	g.mu.Lock()
	g.ignorant["ignorant"] = true
	g.mu.Unlock()
	time.Sleep(time.Minute) //nolint:forbidigo // in a bubble: no time passes outside
	since := time.Now().Truncate(time.Microsecond)
	g.accept(added, 4, "knows", "ignorant")
	g.settled(0)
	report, err := g.Replay(g.t.Context(), inbox.ReplayOrder{Purpose: sdk.Replay, Filter: store.Filter{Since: since}}, nil)
	if err != nil || report.Matched != 8 || report.Queued != 4 || report.Skipped["ignorant"] != 4 {
		g.t.Errorf("replay: %v, %+v", err, report)
	}
	g.settled(0)
	if k, i := len(g.deliveries("knows")), len(g.deliveries("ignorant")); k != 8 || i != 4 {
		g.t.Errorf("%d and %d deliveries, want 8 and 4", k, i)
	}
	g.lawHolds()
}

// changedSubscriptions: a new one reaches back, a plugin gets another name, and one
// is removed.
func (g *gateway) changedSubscriptions() {
	g.t.Helper()
	ctx := g.t.Context()
	time.Sleep(time.Minute) //nolint:forbidigo // in a bubble: no time passes outside
	since := time.Now().Truncate(time.Microsecond)
	g.serve(false, "first", "second")
	synctest.Wait()
	g.accept(added, 6, "knows")
	g.settled(0)
	time.Sleep(time.Second) //nolint:forbidigo // in a bubble: no time passes outside
	if err := g.Subscribe(ctx, store.Subscription{Plugin: "first", Pattern: "*", Since: since}); err != nil {
		g.t.Fatal(err)
	}
	if _, err := g.Move(ctx, "first", "second"); err != nil {
		g.t.Fatal(err)
	}
	if n := g.waiting(); n != 6 {
		g.t.Errorf("%d wait, want the 6 for the new name", n)
	}
	g.lawHolds()
	if dead, err := g.Unsubscribe(ctx, "second", "*"); dead != 6 || err != nil {
		g.t.Errorf("%d dead letters, err %v; want 6", dead, err)
	}
	g.lawHolds()
	if n, err := g.Drop(ctx, store.Filter{Plugin: "second"}, nil); n != 6 || err != nil {
		g.t.Errorf("%d dropped, err %v; want 6", n, err)
	}
	g.settled(0)
	g.lawHolds()
}

// closedAndOpened: the next start has what was left, and the files are whole.
func (g *gateway) closedAndOpened(t *testing.T, dir string) {
	t.Helper()
	if err := g.Backup(t.Context(), filepath.Join(t.TempDir(), "copy.db"), nil); err != nil {
		t.Errorf("backup: %v", err)
	}
	if err := g.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	next := open(t, onDisk(t, dir))
	next.settled(0)
	if n := len(next.deliveries("later")); n != 5 {
		t.Errorf("%d deliveries, want the 5 that waited", n)
	}
	if n := next.metric("switchhook_inbox_recovered_messages"); n != 5 {
		t.Errorf("%v recovered, want 5", n)
	}
	next.lawHolds()
	if problems, err := next.Check(t.Context(), nil); err != nil || len(problems) > 0 {
		t.Errorf("check: %v, %v", problems, err)
	}
}
