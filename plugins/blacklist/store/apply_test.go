package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/plugins/blacklist/store"
)

func TestApply(t *testing.T) {
	t.Parallel()
	ab := store.Pair{From: "alice", To: "bob"}
	line := func(p store.Pair, state, since, id string) row {
		return row{App: "1400000001", From: p.From, To: p.To, State: state, Since: since, ID: id}
	}
	odd := store.Pair{From: "a\x00b", To: "'; DROP TABLE blacklist; -- <é漢🙂\"\\"}
	for name, test := range map[string]struct {
		changes []store.Change
		changed []int64
		want    []row
	}{
		"keeps everything a callback says": {
			changes: []store.Change{{
				App: "1400000001", State: store.Blocked, Pairs: []store.Pair{ab}, At: noon,
				CallbackID: "c1", ClientIP: "203.0.113.7", Platform: "iOS",
			}},
			changed: []int64{1},
			want:    []row{{"1400000001", "alice", "bob", "blocked", "2026-11-24T12:00:00.123456789Z", "203.0.113.7", "iOS", "c1"}},
		},
		"writes the time in UTC, whatever zone it comes in": {
			changes: []store.Change{block("c1", noon.In(time.FixedZone("", 8*3600)), ab)},
			changed: []int64{1},
			want:    []row{line(ab, "blocked", "2026-11-24T12:00:00.123456789Z", "c1")},
		},
		"turns a row round with the next callback": {
			changes: []store.Change{block("c1", noon, ab), unblock("c2", noon.Add(time.Nanosecond), ab)},
			changed: []int64{1, 1},
			want:    []row{line(ab, "unblocked", "2026-11-24T12:00:00.123456790Z", "c2")},
		},
		"changes nothing by an addition from before a later removal": {
			changes: []store.Change{unblock("c2", noon.Add(time.Nanosecond), ab), block("c1", noon, ab)},
			changed: []int64{1, 0},
			want:    []row{line(ab, "unblocked", "2026-11-24T12:00:00.123456790Z", "c2")},
		},
		"changes nothing by the same callback again": {
			changes: []store.Change{block("c1", noon, ab), block("c1", noon, ab)},
			changed: []int64{1, 0},
			want:    []row{line(ab, "blocked", "2026-11-24T12:00:00.123456789Z", "c1")},
		},
		"lets the id decide within one nanosecond": {
			changes: []store.Change{unblock("c2", noon, ab), block("c1", noon, ab)},
			changed: []int64{1, 0},
			want:    []row{line(ab, "unblocked", "2026-11-24T12:00:00.123456789Z", "c2")},
		},
		"counts a pair that is listed twice once": {
			changes: []store.Change{block("c1", noon, ab, ab)},
			changed: []int64{1},
			want:    []row{line(ab, "blocked", "2026-11-24T12:00:00.123456789Z", "c1")},
		},
		"keeps accounts byte for byte and apart by case": {
			changes: []store.Change{block("c1", noon, odd, ab, store.Pair{From: "Alice", To: "bob"})},
			changed: []int64{3},
			want: []row{
				line(store.Pair{From: "Alice", To: "bob"}, "blocked", "2026-11-24T12:00:00.123456789Z", "c1"),
				line(odd, "blocked", "2026-11-24T12:00:00.123456789Z", "c1"),
				line(ab, "blocked", "2026-11-24T12:00:00.123456789Z", "c1"),
			},
		},
		"keeps one app's pairs apart from another's": {
			changes: []store.Change{block("c1", noon, ab), {App: "2", State: store.Unblocked, Pairs: []store.Pair{ab}, At: noon, CallbackID: "c2"}},
			changed: []int64{1, 1},
			want: []row{
				line(ab, "blocked", "2026-11-24T12:00:00.123456789Z", "c1"),
				{App: "2", From: "alice", To: "bob", State: "unblocked", Since: "2026-11-24T12:00:00.123456789Z", ID: "c2"},
			},
		},
		"does nothing with no pairs": {
			changes: []store.Change{block("c1", noon)},
			changed: []int64{0},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := file(t)
			s := open(t, path)
			var changed []int64
			for _, c := range test.changes {
				changed = append(changed, apply(t, s, c))
			}
			if diff := cmp.Diff(test.changed, changed); diff != "" {
				t.Errorf("changed rows (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.want, rows(t, path)); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

func TestApplyTakesTenThousandPairsAtOnce(t *testing.T) {
	t.Parallel()
	path := file(t)
	s := open(t, path)
	const n = 10_000
	pairs := make([]store.Pair, n)
	for i := range pairs {
		pairs[i] = store.Pair{From: fmt.Sprintf("user-%04d", i%100), To: fmt.Sprintf("user-%05d", i)}
	}
	if changed := apply(t, s, block("c1", noon, pairs...)); changed != n {
		t.Errorf("changed %d rows, want %d", changed, n)
	}
	if changed := apply(t, s, block("c1", noon, pairs...)); changed != 0 {
		t.Errorf("the same callback again changed %d rows, want none", changed)
	}
	if found := len(rows(t, path)); found != n {
		t.Errorf("the table holds %d rows, want %d", found, n)
	}
}

func TestCountEmpty(t *testing.T) {
	t.Parallel()
	path := file(t)
	s := open(t, path)
	for _, at := range []time.Time{noon.Add(time.Second), noon} {
		if err := s.CountEmpty(context.Background(), "1400000001", "Sns.CallbackBlackListAdd", at); err != nil {
			t.Fatal(err)
		}
	}
	var deliveries int
	var last string
	err := raw(t, path).QueryRowContext(context.Background(),
		"SELECT deliveries, last_at FROM empty_callbacks WHERE app = '1400000001' AND command = 'Sns.CallbackBlackListAdd'").Scan(&deliveries, &last)
	if err != nil || deliveries != 2 || last != "2026-11-24T12:00:01.123456789Z" {
		t.Errorf("got %d deliveries, last at %s (%v); want 2, the later of the two times", deliveries, last, err)
	}
}
