package commit_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/commit"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

func TestAResultOutlivesAFailedCommit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("input/output error")
		j := &journal{err: always(broken)}
		var held []bool
		c := open(t, commit.Options{Journal: j, OnHold: func(h bool) { held = append(held, h) }})
		c.Result(store.Result{Plugin: "p", Seq: 7, State: store.Done})
		synctest.Wait()
		if s := c.State(); s.Kind != commit.Failing || !errors.Is(s.Err, broken) || !s.Since.Equal(time.Now()) {
			t.Fatalf("state %+v", s)
		}
		if _, err := c.Append(t.Context(), event("1")); !errors.Is(err, broken) {
			t.Errorf("an append meanwhile: err %v, want the reason", err)
		}
		time.Sleep(time.Minute) //nolint:forbidigo // in a bubble: no time passes outside
		if n := j.attempts(); n < 50 || n > 90 {
			t.Errorf("%d attempts in a minute, want them spaced out: one with the result and one without in 2 s", n)
		}
		c.Result(store.Result{Plugin: "p", Seq: 8, State: store.Done})
		j.mend()
		if err := c.AwaitOK(t.Context()); err != nil {
			t.Fatal(err)
		}
		commits := j.written()
		if len(commits) != 1 || len(commits[0].Results) != 2 || commits[0].Results[0].Seq != 7 || len(commits[0].Appends) != 0 {
			t.Errorf("commits %+v, want the two results alone", commits)
		}
		if !slices.Equal(held, []bool{true, false}) {
			t.Errorf("hold: %v", held)
		}
		if _, err := c.Append(t.Context(), event("2")); err != nil {
			t.Error(err)
		}
	})
}

func TestAFullJournalStillTakesResultsAndRecoversByItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := &journal{err: func(b *store.Batch) error {
			if len(b.Appends) > 0 {
				return fmt.Errorf("append: %w", store.ErrFull)
			}
			return nil
		}}
		var room atomic.Bool
		var states []string
		c := open(t, commit.Options{
			Journal: j,
			Room:    func(context.Context) bool { return room.Load() },
			OnHold:  func(bool) { t.Error("deliveries were held though results can be written") },
			OnState: func(s commit.State) { states = append(states, s.Kind.String()) },
		})
		_, err := c.Append(t.Context(), event("1"))
		if !errors.Is(err, store.ErrFull) {
			t.Errorf("err %v, want no room", err)
		}
		since := c.State().Since
		c.Result(store.Result{Plugin: "p", Seq: 1, State: store.Done})
		synctest.Wait()
		if commits := j.written(); len(commits) != 1 || len(commits[0].Results) != 1 {
			t.Errorf("commits %+v, want the result", commits)
		}
		time.Sleep(10 * time.Second) //nolint:forbidigo // in a bubble: no time passes outside
		tried := j.attempts()
		if _, err := c.Append(t.Context(), event("2")); !errors.Is(err, store.ErrFull) || j.attempts() != tried {
			t.Errorf("err %v after %d commits: a full journal was asked again", err, j.attempts()-tried)
		}
		if s := c.State(); s.Kind != commit.Full || !s.Since.Equal(since) {
			t.Errorf("state %+v, want full since %v", s, since)
		}
		room.Store(true)
		j.mend()
		start := time.Now()
		c.Probe()
		synctest.Wait()
		if time.Since(start) != 0 || c.State().Kind != commit.OK {
			t.Errorf("state %+v, want it to have looked at once", c.State())
		}
		if err := c.AwaitOK(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Append(t.Context(), event("3")); err != nil {
			t.Error(err)
		}
		if got := strings.Join(states, " "); got != "full ok" {
			t.Errorf("states %s", got)
		}
	})
}

func TestAFullDiskHoldsTheDeliveriesUntilItHasRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := &journal{gate: make(chan struct{}, 1), err: always(store.ErrFull)}
		var held []bool
		c := open(t, commit.Options{Journal: j, OnHold: func(h bool) { held = append(held, h) }})
		failed := make(chan error)
		go func() {
			_, err := c.Append(t.Context(), event("1"))
			failed <- err
		}()
		synctest.Wait()
		c.Result(store.Result{Plugin: "p", Seq: 1, State: store.Done})
		close(j.gate)
		if err := <-failed; !errors.Is(err, store.ErrFull) {
			t.Errorf("err %v", err)
		}
		synctest.Wait()
		if !slices.Equal(held, []bool{true}) {
			t.Errorf("hold: %v", held)
		}
		j.mend()
		if err := c.AwaitOK(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(held, []bool{true, false}) {
			t.Errorf("hold: %v", held)
		}
	})
}

func TestAFailingJournalIsProbedWithoutTraffic(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := &journal{err: always(errors.New("input/output error"))}
		c := open(t, commit.Options{Journal: j})
		if _, err := c.Append(t.Context(), event("1")); err == nil {
			t.Fatal("kept")
		}
		synctest.Wait() // whoever waits hears of it before the committer has taken note
		j.mend()
		if err := c.AwaitOK(t.Context()); err != nil {
			t.Fatal(err)
		}
		if commits := j.written(); len(commits) != 1 || len(commits[0].Appends)+len(commits[0].Results) != 0 {
			t.Errorf("commits %+v, want an empty one", commits)
		}
	})
}

func TestCloseWritesWhatIsLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := &journal{gate: make(chan struct{}), err: nil}
		c := commit.New(commit.Options{Journal: j})
		go func() { _, _ = c.Append(t.Context(), event("1")) }()
		synctest.Wait()
		for seq := range uint64(3000) {
			c.Result(store.Result{Plugin: "p", Seq: seq, State: store.Done})
		}
		close(j.gate)
		if err := c.Close(t.Context()); err != nil || !c.Idle() {
			t.Errorf("close: %v", err)
		}
		results := 0
		for _, b := range j.written() {
			results += len(b.Results)
		}
		if results != 3000 {
			t.Errorf("%d results were written, want 3000", results)
		}
		if _, err := c.Append(t.Context(), event("2")); err == nil {
			t.Error("an append after the end was kept")
		}
		if err := c.Change(t.Context(), &store.Batch{}); err == nil {
			t.Error("a change after the end was made")
		}
	})
}

// The end of the gateway is nothing that its disk has to be looked at for.
func TestAnAppendThatTheEndLeavesIsOverloaded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := &stuck{}
		c := commit.New(commit.Options{Journal: j})
		go func() { _, _ = c.Append(t.Context(), event("1")) }()
		synctest.Wait()
		left := make(chan error)
		go func() {
			_, err := c.Append(t.Context(), event("2"))
			left <- err
		}()
		synctest.Wait()
		over, cancel := context.WithCancel(t.Context())
		cancel()
		go func() { _ = c.Close(over) }()
		if err := <-left; sdk.KindOf(err) != sdk.KindOverloaded {
			t.Errorf("it failed with %s: %v", sdk.KindOf(err), err)
		}
		synctest.Wait()
	})
}

// stuck is a journal whose commits end with their context alone.
type stuck struct{}

func (*stuck) Commit(ctx context.Context, _ *store.Batch) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestCloseSaysWhatCouldNotBeWritten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := commit.New(commit.Options{Journal: &journal{err: always(errors.New("input/output error"))}})
		c.Result(store.Result{Plugin: "p", Seq: 1, State: store.Done})
		c.Result(store.Result{Plugin: "p", Seq: 2, State: store.Done})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		err := c.Close(ctx)
		if err == nil || !strings.Contains(err.Error(), "2 results") {
			t.Errorf("close: %v, want it to say that 2 results are left", err)
		}
	})
}
