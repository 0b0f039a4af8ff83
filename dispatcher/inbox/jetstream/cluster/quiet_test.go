package cluster_test

import (
	"errors"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/natstest"
)

func TestAnEntryWithoutNewCopiesIsFollowedAndNeverHandedOut(t *testing.T) {
	t.Parallel()
	c := join(t, cluster.Options{Servers: []string{natstest.Start(t, natstest.Options{}).URL()}, Replicas: 1})
	d := deliveries(t, c, odd)
	write := func(id string, plugins ...string) uint64 {
		mark, err := c.Append(t.Context(), id, plugins, event(id, 100))
		if err != nil {
			t.Fatal(err)
		}
		return mark
	}
	settled := func(mark uint64) {
		eventually(t, "all is settled", func() bool {
			done, last, err := c.Places(t.Context(), odd)
			floor, all, failed := c.Floors(t.Context(), odd)
			return errors.Join(err, failed) == nil && all && done == mark && last == mark && floor == mark
		})
	}
	settled(write("quiet before"))
	first := write("first", odd)
	write("quiet between")
	second := write("second", odd)
	last := write("quiet after")
	var held []*cluster.Delivery
	for len(held) < 2 {
		held = append(held, fetched(t, d, 10)...)
	}
	if len(held) != 2 || held[0].Mark != first || held[1].Mark != second {
		t.Fatalf("handed out were %d, and not the entries %d and %d", len(held), first, second)
	}
	inHand := func(what string, mark uint64) {
		done, _, err := c.Places(t.Context(), odd)
		floor, _, failed := c.Floors(t.Context(), odd)
		if err := errors.Join(err, failed); err != nil || done >= mark || floor >= mark {
			t.Errorf("%s is in hand at %d, and all up to %d and %d is said to be settled: %v", what, mark, done, floor, err)
		}
	}
	inHand("the first", first)
	if err := held[0].Done(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "what lies between is settled", func() bool {
		done, _, err := c.Places(t.Context(), odd)
		return err == nil && done == second-1
	})
	inHand("the second", second)
	if err := held[1].Done(); err != nil {
		t.Fatal(err)
	}
	settled(last)
	if end, err := c.End(t.Context()); err != nil || end != last {
		t.Errorf("the log ends at %d: %v", end, err)
	}
	if got := read(t, c, 0, 5); len(got) != 5 || got[4].Mark != last || got[4].ID != "quiet after" {
		t.Errorf("followed were %v", idsOf(got))
	}
}
