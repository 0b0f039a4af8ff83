package inbox_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/dispatcher/inbox/storetest"
	"github.com/switchhook/switchhook/sdk"
)

func TestAfterACrashWhatWasThereMayHaveBeenHandedOut(t *testing.T) {
	t.Parallel()
	for name, crashed := range map[string]bool{"a crash": true, "a clean stop": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := memory(storetest.MemoryOptions{})
				before := &store.Batch{Appends: []store.Append{{Plugins: []string{"p"}, Event: store.Event{ID: "before", Command: added}}}}
				if err := s.Commit(t.Context(), before); err != nil {
					t.Fatal(err)
				}
				if !crashed {
					if err := s.Close(); err != nil {
						t.Fatal(err)
					}
				}
				s.Reopen()
				g := open(t, s)
				g.accept(added, 1, "p")
				g.settled(0)
				all := g.deliveries("p")
				if len(all) != 2 {
					t.Fatalf("%d deliveries", len(all))
				}
				for _, cb := range all {
					if want := crashed && cb.ID == "before"; cb.Redelivered != want || cb.Attempt != 1 {
						t.Errorf("%s: redelivered %v, attempt %d; want %v and the first", cb.ID, cb.Redelivered, cb.Attempt, want)
					}
				}
			})
		})
	}
}

func TestWhatTheEndCutsShortIsOnRecord(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := memory(storetest.MemoryOptions{})
		g := open(t, s, func(o *inbox.Options) {
			o.Deliver = func(ctx context.Context, _ string, _ sdk.Callback) (sdk.Reply, error) {
				<-ctx.Done()
				return sdk.Reply{}, ctx.Err()
			}
		})
		g.accept(added, 3, "p")
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := g.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("close: %v, want it to say that it was out of time", err)
		}
		s.Reopen()
		page, err := s.Scan(t.Context(), store.ScanQuery{Limit: 10})
		if err != nil || len(page.Copies) != 3 {
			t.Fatalf("%d copies, err %v", len(page.Copies), err)
		}
		for _, c := range page.Copies {
			if c.Attempts != 1 || c.State != store.Retry {
				t.Errorf("%s is %v after %d attempts, want the one that was cut short on record", c.Event.ID, c.State, c.Attempts)
			}
		}
		s.Reopen()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A clean stop is no proof of what a kill before it left in doubt.
func TestADoubtOutlivesACleanStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := memory(storetest.MemoryOptions{})
		before := &store.Batch{Appends: []store.Append{{Plugins: []string{"p"}, Event: store.Event{ID: "before", Command: added}}}}
		if err := s.Commit(t.Context(), before); err != nil {
			t.Fatal(err)
		}
		s.Reopen() // as after a kill
		if err := opened(t, s).Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.Reopen()
		g := open(t, s)
		g.settled(0)
		if all := g.deliveries("p"); len(all) != 1 || !all[0].Redelivered {
			t.Errorf("deliveries %+v, want one that may be the second", all)
		}
		if err := g.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.Reopen()
		if stats, err := s.Stats(t.Context()); err != nil || stats.Unclean {
			t.Errorf("unclean %v (%v), though nothing is in doubt any more", stats.Unclean, err)
		}
	})
}

// A plugin has handled it, and the disk does not take that down to the end.
func TestAResultThatIsNotWrittenLeavesADoubt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := memory(storetest.MemoryOptions{})
		g := open(t, s, func(o *inbox.Options) {
			o.Deliver = func(context.Context, string, sdk.Callback) (sdk.Reply, error) {
				s.Fail(errMood)
				return sdk.Reply{}, nil
			}
		})
		g.accept(added, 1, "p")
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := g.Close(ctx); !errors.Is(err, errMood) {
			t.Errorf("close: %v, want it to say why a result was not written", err)
		}
		s.Fail(nil)
		s.Reopen()
		again := open(t, s)
		again.settled(0)
		if all := again.deliveries("p"); len(all) != 1 || !all[0].Redelivered {
			t.Errorf("deliveries %+v, want one that says that it is the second", all)
		}
	})
}

// forgetful is a store that fails after it has done what it was asked.
type forgetful struct {
	*storetest.Memory
	failing atomic.Bool
}

func (f *forgetful) Commit(ctx context.Context, b *store.Batch) error {
	if !f.failing.Load() || len(b.Appends)+len(b.Requeues) == 0 {
		return f.Memory.Commit(ctx, b)
	}
	_ = f.Memory.Commit(ctx, b)
	return errMood
}

func (f *forgetful) Move(ctx context.Context, from, to string) (int, error) {
	n, err := f.Memory.Move(ctx, from, to)
	if f.failing.Load() {
		return n, errMood
	}
	return n, err
}

func TestWhatFailedAndWasDoneAllTheSameIsDelivered(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(g *gateway) error{
		"a callback":   func(g *gateway) error { return g.Accept(g.t.Context(), g.callback(added), []string{"new"}) },
		"another name": func(g *gateway) error { _, err := g.Move(g.t.Context(), "old", "new"); return err },
		"a copy for others": func(g *gateway) error {
			return g.Subscribe(g.t.Context(), store.Subscription{Plugin: "new", Pattern: added, Since: time.Now().Add(-time.Hour)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &forgetful{Memory: memory(storetest.MemoryOptions{})}
				g := open(t, s)
				g.accept(added, 1, "new")
				g.serve(false, "old")
				g.accept(added, 1, "old")
				g.settled(1)
				s.failing.Store(true)
				if err := do(g); err == nil {
					t.Error("it did not fail")
				}
				s.failing.Store(false)
				time.Sleep(time.Minute) //nolint:forbidigo // in a bubble: no time passes outside
				if n := len(g.deliveries("new")); n != 2 {
					t.Errorf("%d deliveries, want the one that turned up as well", n)
				}
			})
		})
	}
}
