package inbox_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/inbox"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/dispatcher/inbox/storetest"
	"github.com/switchhook/switchhook/sdk"
)

// history is an inbox with 4 events done by "good", 4 that "bad" made dead letters,
// and 4 that wait for "gone".
func history(t *testing.T) *gateway {
	t.Helper()
	g := open(t, memory(storetest.MemoryOptions{}))
	g.serve(false, "gone")
	g.handled("bad", func(sdk.Callback) error { return errNever })
	g.accept(added, 4, "good", "bad", "gone")
	g.settled(4)
	return g
}

func TestAReplayGoesToThePluginsThatKnowIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := history(t)
		g.ignorant["bad"] = true
		var told int
		report, err := g.Replay(t.Context(), inbox.ReplayOrder{Purpose: sdk.Replay}, func(inbox.ReplayReport) { told++ })
		want := inbox.ReplayReport{Matched: 8, Queued: 4, Waiting: 4, Skipped: map[string]int64{"bad": 4}, Outcomes: map[string]int64{}}
		if diff := cmp.Diff(want, report); diff != "" || err != nil || told == 0 {
			t.Errorf("err %v, told %d times, report (-want +got):\n%s", err, told, diff)
		}
		g.settled(4)
		good := g.deliveries("good")
		if len(good) != 8 || len(g.deliveries("bad")) != 4 {
			t.Fatalf("%d and %d deliveries, want 8 and 4", len(good), len(g.deliveries("bad")))
		}
		for _, cb := range good[4:] {
			if cb.Purpose != sdk.Replay || cb.Attempt != 2 || !cb.Redelivered {
				t.Errorf("delivered as %+v", cb)
			}
		}
		g.lawHolds()
	})
}

func TestDeadLettersGoLiveByTheOperatorsWord(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := history(t)
		g.ignorant["bad"] = true // of replays: live it knows
		g.handled("bad", nil)
		report, err := g.Replay(t.Context(), inbox.ReplayOrder{Purpose: sdk.Live}, nil)
		if err != nil || report.Matched != 4 || report.Queued != 4 || len(report.Skipped) != 0 {
			t.Errorf("err %v, report %+v", err, report)
		}
		g.settled(4)
		if bad := g.deliveries("bad"); len(bad) != 8 || bad[7].Purpose != sdk.Live {
			t.Errorf("deliveries %+v", bad)
		}
		g.lawHolds()
		for name, o := range map[string]inbox.ReplayOrder{
			"what is done": {Purpose: sdk.Live, Filter: store.Filter{States: []store.State{store.Done}}},
			"what is":      {Purpose: sdk.Replay, Filter: store.Filter{States: []store.State{store.Ready}}},
			"no such":      {Purpose: 17},
		} {
			if _, err := g.Replay(t.Context(), o, nil); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%s: err %v", name, err)
			}
		}
	})
}

func TestADryRunAsksAndChangesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := history(t)
		before := g.copies(store.Filter{})
		g.mu.Lock()
		g.ignorant["bad"] = true
		g.delivered = nil
		g.mu.Unlock()
		calls := 0
		g.handled("good", func(cb sdk.Callback) error {
			if cb.Purpose != sdk.DryRun || len(cb.Body) == 0 {
				t.Errorf("asked as %+v", cb)
			}
			if calls++; calls == 1 {
				return sdk.Malformed(errFailed)
			}
			return nil
		})
		report, err := g.Replay(t.Context(), inbox.ReplayOrder{Purpose: sdk.DryRun}, nil)
		want := inbox.ReplayReport{
			Matched: 8, Waiting: 4, Skipped: map[string]int64{"bad": 4}, Outcomes: map[string]int64{"ok": 3, "malformed": 1},
		}
		if diff := cmp.Diff(want, report); diff != "" || err != nil {
			t.Errorf("err %v, report (-want +got):\n%s", err, diff)
		}
		if diff := cmp.Diff(before, g.copies(store.Filter{})); diff != "" {
			t.Errorf("it changed the copies:\n%s", diff)
		}
	})
}

func TestCountingAReplayDoesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := history(t)
		report, err := g.Replay(t.Context(), inbox.ReplayOrder{
			Purpose: sdk.Replay, CountOnly: true, Filter: store.Filter{Command: added, States: []store.State{store.Dead}},
		}, nil)
		if err != nil || report.Matched != 4 || report.Queued != 0 {
			t.Errorf("err %v, report %+v", err, report)
		}
		report, err = g.Replay(t.Context(), inbox.ReplayOrder{Purpose: sdk.Replay, Filter: store.Filter{Command: sent}}, nil)
		if err != nil || report.Matched != 0 {
			t.Errorf("err %v, report %+v; want nothing matched", err, report)
		}
		g.settled(4)
		g.lawHolds()
	})
}

func TestAReplayKeepsToItsRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := open(t, memory(storetest.MemoryOptions{}))
		g.accept(added, 600, "p")
		g.settled(0)
		start := time.Now()
		report, err := g.Replay(t.Context(), inbox.ReplayOrder{Purpose: sdk.Replay, Rate: 100}, nil)
		if took := time.Since(start); err != nil || report.Queued != 600 || took < 5*time.Second || took > 7*time.Second {
			t.Errorf("err %v, %d queued in %v; want 600 in 6 s", err, report.Queued, took)
		}
		g.settled(0)
	})
}

func TestDeadLettersAreDroppedByAnOperatorAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := history(t)
		var done, total int64
		n, err := g.Drop(t.Context(), store.Filter{Plugin: "bad", Until: time.Now().Add(time.Hour)}, func(d, t int64) { done, total = d, t })
		if err != nil || n != 4 || done != 4 || total != 4 {
			t.Errorf("%d dropped (%d of %d), err %v; want 4", n, done, total, err)
		}
		if left := g.copies(store.Filter{States: []store.State{store.Dead}}); len(left) != 0 {
			t.Errorf("%d dead letters are left", len(left))
		}
		if dead := g.metric("switchhook_inbox_completed_total", "dead"); dead != 4 {
			t.Errorf("%v dead letters counted, want the 4 there were", dead)
		}
		g.lawHolds()
	})
}
