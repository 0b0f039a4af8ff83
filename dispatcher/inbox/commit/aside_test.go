package commit_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/commit"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

func TestOneResultThatIsRefusedHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		damaged := func(r store.Result) bool { return r.Seq%10 == 3 }
		j := &journal{err: func(b *store.Batch) error {
			if slices.ContainsFunc(b.Results, damaged) {
				return errors.New("database disk image is malformed")
			}
			return nil
		}}
		c := commit.New(commit.Options{Journal: j, MaxItems: 40})
		for seq := range uint64(100) {
			c.Result(store.Result{Plugin: "p", Seq: seq, State: store.Done})
		}
		synctest.Wait()
		time.Sleep(30 * time.Second) //nolint:forbidigo // in a bubble: no time passes outside
		written := func() (n int) {
			for _, b := range j.written() {
				n += len(b.Results)
			}
			return n
		}
		if n := written(); n != 90 || c.State().Kind != commit.OK {
			t.Errorf("%d were written and the state is %+v; want the 90 that can be, and ok", n, c.State())
		}
		if _, err := c.Append(t.Context(), event("1")); err != nil {
			t.Errorf("an append: %v", err)
		}
		if c.Idle() {
			t.Error("it has ended")
		}
		j.mend()
		time.Sleep(2 * time.Minute) //nolint:forbidigo // in a bubble: no time passes outside
		if n := written(); n != 100 {
			t.Errorf("%d were written, want all", n)
		}
		if err := c.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestCloseSaysWhichResultsWereRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := commit.New(commit.Options{Journal: &journal{err: func(b *store.Batch) error {
			if len(b.Results) > 0 {
				return errors.New("database disk image is malformed")
			}
			return nil
		}}})
		c.Result(store.Result{Plugin: "p", Seq: 1, State: store.Done})
		time.Sleep(time.Second) //nolint:forbidigo // in a bubble: no time passes outside
		if err := c.Close(t.Context()); err == nil || !strings.Contains(err.Error(), "1 results") || !strings.Contains(err.Error(), "inbox check") {
			t.Errorf("close: %v", err)
		}
	})
}
