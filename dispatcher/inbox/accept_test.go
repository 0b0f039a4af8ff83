package inbox_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/dispatcher/inbox/storetest"
	"github.com/switchhook/switchhook/sdk"
)

func TestWhatIsAcceptedReachesEveryPluginAsItCame(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := open(t, memory(storetest.MemoryOptions{}))
		failures := 2
		g.handled("b", func(sdk.Callback) error {
			if failures--; failures >= 0 {
				return errFailed
			}
			return nil
		})
		cb := g.callback(added)
		if err := g.Accept(t.Context(), cb, []string{"a", "b"}); err != nil {
			t.Fatal(err)
		}
		g.settled(0)
		a, b := g.deliveries("a"), g.deliveries("b")
		if len(a) != 1 || len(b) != 3 {
			t.Fatalf("%d and %d deliveries, want 1 and 3", len(a), len(b))
		}
		for i, got := range append(b, a...) {
			if got.ID != cb.ID || got.Key == "" || got.Key != a[0].Key || string(got.Body) != string(cb.Body) || got.AppID != cb.AppID ||
				got.ClientIP != cb.ClientIP || got.Platform != cb.Platform || got.Purpose != sdk.Live ||
				!got.ReceivedAt.Equal(cb.ReceivedAt.Truncate(time.Microsecond)) {
				t.Errorf("delivery %d: %+v, want %+v", i, got, cb)
			}
			if i < 3 && (got.Attempt != i+1 || got.Redelivered != (i > 0)) {
				t.Errorf("delivery %d is attempt %d, redelivered %v", i, got.Attempt, got.Redelivered)
			}
		}
		if retries := g.metric("switchhook_inbox_retries_total"); retries != 2 {
			t.Errorf("%v retries, want 2", retries)
		}
		if waits := g.metric("switchhook_inbox_wait_seconds"); waits != 2 {
			t.Errorf("%v waits, want one a copy", waits)
		}
		g.lawHolds()
	})
}

func TestOnlyWhatItsKeyProvesIsADuplicate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var duplicates []string // as whoever tells their story hears of them
		g := open(t, memory(storetest.MemoryOptions{}), func(o *inbox.Options) {
			o.Duplicate = func(cb sdk.Callback) { duplicates = append(duplicates, cb.Command) }
		})
		for range 3 { // one user may be added three times
			cb := g.callback(added)
			cb.Body = []byte(`{"CallbackCommand":"Sns.CallbackBlackListAdd","PairList":[{"From_Account":"a","To_Account":"b"}]}`)
			if err := g.Accept(t.Context(), cb, []string{"p"}); err != nil {
				t.Fatal(err)
			}
		}
		for range 3 { // one message is sent once
			cb := g.callback(sent)
			cb.Body = []byte(`{"CallbackCommand":"C2C.CallbackAfterSendMsg","From_Account":"a","To_Account":"b",
				"MsgKey":"1_2_3","MsgId":"m","MsgSeq":1,"MsgRandom":2,"MsgTime":3,"EventTime":4,"SendMsgResult":0}`)
			if _, once := g.options.Key(cb); !once {
				t.Fatal("the body proves nothing")
			}
			if err := g.Accept(t.Context(), cb, []string{"p"}); err != nil {
				t.Fatal(err)
			}
		}
		g.settled(0)
		if n := len(g.deliveries("p")); n != 4 {
			t.Errorf("%d deliveries, want 3 and 1", n)
		}
		if n := g.metric("switchhook_callbacks_duplicate_total", sent); n != 2 {
			t.Errorf("%v duplicates, want 2", n)
		}
		if !slices.Equal(duplicates, []string{sent, sent}) {
			t.Errorf("told of the duplicates %v, want 2", duplicates)
		}
		g.lawHolds()
	})
}

// small is a store with room for a few callbacks.
func small() *storetest.Memory { return memory(storetest.MemoryOptions{MaxBytes: 60_000}) }

// fill has callbacks accepted for a plugin that is not there until one is refused.
func (g *gateway) fill() (accepted int, err error) {
	g.serve(false, "gone")
	for {
		if err = g.Accept(g.t.Context(), g.callback(added), []string{"gone"}); err != nil {
			return accepted, err
		}
		accepted++
	}
}

func TestAFullInboxRefusesAtOnceAndRecoversByItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := open(t, small())
		accepted, err := g.fill()
		fault, ok := errors.AsType[*sdk.Fault](err)
		if !ok || fault.Kind != sdk.KindOverloaded || !errors.Is(err, store.ErrFull) {
			t.Fatalf("err %v, want an overloaded fault for want of room", err)
		}
		for _, word := range []string{"inbox status", "inbox.max_bytes"} {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%q does not say what to do: %s", err, word)
			}
		}
		status, err := g.Status(t.Context())
		if err != nil || !strings.Contains(status.Problem, "full") || status.Since.IsZero() {
			t.Errorf("status %+v, err %v: want the problem", status, err)
		}
		if g.metric("switchhook_inbox_state", "full") != 1 || g.metric("switchhook_inbox_append_errors_total") != 1 {
			t.Error("the metrics do not tell")
		}
		g.serve(true, "gone") // and now what waits is delivered, and what is done trimmed
		g.settled(0)
		if n := len(g.deliveries("gone")); n != accepted {
			t.Errorf("%d deliveries, want the %d accepted", n, accepted)
		}
		enough, before := 0.9*g.metric("switchhook_inbox_capacity_bytes"), 0.0
		for range 1000 {
			before = g.metric("switchhook_inbox_size_bytes")
			if text, _, _ := g.Problem(); text == "" && before <= enough {
				break
			}
			time.Sleep(time.Second) //nolint:forbidigo // in a bubble: no time passes outside
		}
		g.accept(added, 1, "gone")
		g.settled(0)
		if before > enough {
			t.Errorf("%v bytes are kept though they are done", before)
		}
		g.lawHolds()
	})
}

func TestAFullInboxThatStallsHoldsTheRequest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		limit time.Duration // of the request
		took  time.Duration
		room  bool
	}{
		"past the time that Tencent waits":     {took: 2200 * time.Millisecond},
		"past the request's own deadline too":  {limit: time.Second, took: 2200 * time.Millisecond},
		"and keeps the callback if room comes": {room: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := small()
				g := open(t, s, func(o *inbox.Options) { o.Settings.OnFull = inbox.Stall })
				_, _ = g.fill()
				ctx, cb := t.Context(), g.callback(added)
				if c.limit > 0 {
					limited, cancel := context.WithTimeout(ctx, c.limit)
					defer cancel()
					ctx = limited
				}
				start := time.Now()
				if c.room {
					go g.serve(true, "gone")
				}
				err := g.Accept(ctx, cb, []string{"gone"})
				switch took := time.Since(start); {
				case c.room && (err != nil || took >= 1800*time.Millisecond):
					t.Errorf("err %v after %v, want it kept", err, took)
				case !c.room && (sdk.KindOf(err) != sdk.KindOverloaded || took != c.took):
					t.Errorf("err %v after %v, want it refused after %v", err, took, c.took)
				}
			})
		})
	}
}

func TestASenderThatHangsUpIsNotHeld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := open(t, small(), func(o *inbox.Options) { o.Settings.OnFull = inbox.Stall })
		_, _ = g.fill()
		hasty, hangUp := context.WithCancel(t.Context())
		answered := make(chan error, 1)
		go func() { answered <- g.Accept(hasty, g.callback(added), []string{"gone"}) }()
		synctest.Wait()
		start := time.Now()
		hangUp()
		if err := <-answered; err == nil || time.Since(start) != 0 {
			t.Errorf("err %v, held for %v though the sender had hung up", err, time.Since(start))
		}
	})
}

// slow is a store whose commits wait for goOn.
type slow struct {
	*storetest.Memory
	goOn chan struct{}
}

func (s *slow) Commit(ctx context.Context, b *store.Batch) error {
	<-s.goOn
	return s.Memory.Commit(ctx, b)
}

// Whoever hangs up during a commit has been told nothing: what comes of it is delivered
// like any other, and the law holds.
func TestWhatIsCommittedAfterItsSenderHasLeftIsDelivered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &slow{Memory: memory(storetest.MemoryOptions{}), goOn: make(chan struct{})}
		g := open(t, s)
		hasty, hangUp := context.WithCancel(t.Context())
		answered := make(chan error, 1)
		go func() { answered <- g.Accept(hasty, g.callback(added), []string{"p"}) }()
		synctest.Wait()
		hangUp()
		if err := <-answered; sdk.KindOf(err) != sdk.KindTimeout {
			t.Errorf("err %v", err)
		}
		close(s.goOn)
		g.settled(0)
		if n, errs := len(g.deliveries("p")), g.metric("switchhook_inbox_append_errors_total"); n != 1 || errs != 1 {
			t.Errorf("%d deliveries and %v errors, want one each", n, errs)
		}
		g.lawHolds()
	})
}

func TestNoMoreRequestsAreHeldThanIsWise(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := open(t, small(), func(o *inbox.Options) { o.Settings.OnFull = inbox.Stall })
		_, _ = g.fill()
		refused := make(chan error, 2000)
		for range 1024 {
			go func() { refused <- g.Accept(t.Context(), g.callback(added), []string{"gone"}) }()
		}
		synctest.Wait()
		if len(refused) != 0 {
			t.Errorf("%d were not held", len(refused))
		}
		start := time.Now()
		if err := g.Accept(t.Context(), g.callback(added), []string{"gone"}); sdk.KindOf(err) != sdk.KindOverloaded || time.Since(start) != 0 {
			t.Errorf("err %v after %v, want it refused at once", err, time.Since(start))
		}
		if err := g.Close(t.Context()); err != nil || time.Since(start) != 0 {
			t.Errorf("close: err %v after %v, want those held let go", err, time.Since(start))
		}
		synctest.Wait()
		if len(refused) != 1024 {
			t.Errorf("%d of 1024 were let go", len(refused))
		}
	})
}

func TestAStoreThatFailsIsUnavailableAndRecovers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := memory(storetest.MemoryOptions{})
		g := open(t, s)
		release := make(chan struct{})
		g.handled("p", func(sdk.Callback) error { <-release; return nil })
		g.accept(added, 1, "p")
		synctest.Wait() // its delivery is under way
		s.Fail(errors.New("input/output error"))
		err := g.Accept(t.Context(), g.callback(added), []string{"p"})
		if sdk.KindOf(err) != sdk.KindUnavailable || !strings.Contains(err.Error(), "disk") {
			t.Errorf("err %v, want it unavailable, and what to do", err)
		}
		close(release)
		time.Sleep(10 * time.Second) //nolint:forbidigo // in a bubble: no time passes outside
		if g.waiting() != 1 || g.metric("switchhook_inbox_state", "failing") != 1 {
			t.Error("the result was written to a store that fails")
		}
		s.Fail(nil)
		g.settled(0)
		if n := len(g.deliveries("p")); n != 1 {
			t.Errorf("%d deliveries, want 1: the result was lost", n)
		}
		g.accept(added, 1, "p")
		g.settled(0)
		g.lawHolds()
	})
}
