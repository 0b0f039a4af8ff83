package store_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/plugins/blacklist/store"
)

// Whatever the order, and however often each comes, the same callbacks end in
// the same table.

func TestEveryOrderOfFiveCallbacksEndsInTheSameTable(t *testing.T) {
	t.Parallel()
	ab, ac := store.Pair{From: "alice", To: "bob"}, store.Pair{From: "alice", To: "carol"}
	callbacks := []store.Change{
		block("c1", noon, ab, ac),
		unblock("c2", noon.Add(time.Nanosecond), ab),
		block("c3", noon.Add(time.Second), ac),
		unblock("c4", noon.Add(time.Second), ac), // in the same nanosecond: the id decides
		block("c0", noon.Add(-time.Hour), ab),
	}
	want := []row{
		{App: "1400000001", From: "alice", To: "bob", State: "unblocked", Since: "2026-11-24T12:00:00.123456790Z", ID: "c2"},
		{App: "1400000001", From: "alice", To: "carol", State: "unblocked", Since: "2026-11-24T12:00:01.123456789Z", ID: "c4"},
	}
	path := file(t)
	s := open(t, path)
	app := 0
	for order := range permutations(len(callbacks)) {
		app++ // a fresh blacklist for each order
		for _, i := range order {
			c := callbacks[i]
			c.App = fmt.Sprintf("%07d", app)
			apply(t, s, c)
		}
	}
	if app != 120 {
		t.Fatalf("tried %d orders, want 5! = 120", app)
	}
	found := rows(t, path)
	for i := range found {
		if i%2 == 0 && found[i].App != found[min(i+1, len(found)-1)].App {
			t.Fatalf("app %s has one row", found[i].App)
		}
		found[i].App = "1400000001"
	}
	for pair := range slices.Chunk(found, len(want)) {
		if diff := cmp.Diff(want, pair); diff != "" {
			t.Fatalf("rows (-want +got):\n%s", diff)
		}
	}
}

func TestAnyOrderOfAnyCallbacksEndsInTheSameTable(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 0))
			callbacks := make([]store.Change, 30)
			for i := range callbacks {
				callbacks[i] = anyChange(random, i)
			}
			inOrder, shuffled := table(t, "in-order", callbacks), []row(nil)
			for round := range 3 {
				again := slices.Concat(callbacks, callbacks[:10]) // some come twice
				random.Shuffle(len(again), func(i, j int) { again[i], again[j] = again[j], again[i] })
				shuffled = table(t, fmt.Sprintf("shuffled-%d", round), again)
				if diff := cmp.Diff(inOrder, shuffled); diff != "" {
					t.Errorf("round %d (-in order +shuffled):\n%s", round, diff)
				}
			}
		})
	}
}

// anyChange draws from few accounts and few moments, so that they collide.
func anyChange(random *rand.Rand, i int) store.Change {
	c := block(fmt.Sprintf("c%02d", i), noon.Add(time.Duration(random.IntN(6))))
	if random.IntN(2) == 0 {
		c.State = store.Unblocked
	}
	c.App = strconv.Itoa(random.IntN(2))
	for range 1 + random.IntN(5) {
		c.Pairs = append(c.Pairs, store.Pair{From: fmt.Sprint("f", random.IntN(2)), To: fmt.Sprint("t", random.IntN(4))})
	}
	return c
}

func table(t *testing.T, name string, callbacks []store.Change) []row {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	s := open(t, path)
	for _, c := range callbacks {
		apply(t, s, c)
	}
	return rows(t, path)
}

// permutations yields every order of 0 to n-1, by Heap's algorithm.
func permutations(n int) func(yield func([]int) bool) {
	return func(yield func([]int) bool) {
		order, counters := make([]int, n), make([]int, n)
		for i := range order {
			order[i] = i
		}
		if !yield(order) {
			return
		}
		for i := 0; i < n; {
			if counters[i] == i {
				counters[i] = 0
				i++
				continue
			}
			j := 0
			if i%2 == 1 {
				j = counters[i]
			}
			order[i], order[j] = order[j], order[i]
			if !yield(order) {
				return
			}
			counters[i]++
			i = 0
		}
	}
}
