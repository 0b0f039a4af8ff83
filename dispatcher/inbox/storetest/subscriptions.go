package storetest

import (
	"errors"
	"slices"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

func subscriptionPromises() promises {
	return promises{
		"they are kept, sorted by plugin and pattern":                  subscriptionsSorted,
		"one that is there already stays as it is":                     subscriptionsStay,
		"what was not subscribed cannot be unsubscribed":               unsubscribeNothing,
		"unsubscribing ends what waits for that pattern alone":         unsubscribeEnds,
		"what another subscription of the plugin covers goes on":       unsubscribeCovered,
		"a plugin may subscribe anew and old dead letters be replayed": subscribeAnew,
	}
}

func (f *fixture) subscribe(pairs ...string) {
	f.t.Helper()
	for pair := range slices.Chunk(pairs, 2) {
		f.must(f.Subscribe(f.t.Context(), store.Subscription{Plugin: pair[0], Pattern: pair[1], Since: f.pass(time.Second)}))
	}
}

// subscriptions returns plugin and pattern of each.
func (f *fixture) subscriptions() (pairs [][2]string) {
	f.t.Helper()
	all, err := f.Subscriptions(f.t.Context())
	f.must(err)
	for _, s := range all {
		pairs = append(pairs, [2]string{s.Plugin, s.Pattern})
	}
	return pairs
}

func subscriptionsSorted(f *fixture) {
	f.open(Options{})
	since := f.now().Add(789 * time.Nanosecond).In(time.FixedZone("CST", 8*3600))
	f.must(f.Subscribe(f.t.Context()))
	f.must(f.Subscribe(f.t.Context(),
		store.Subscription{Plugin: mailer, Pattern: "Sns.*", Since: since},
		store.Subscription{Plugin: audit, Pattern: added, Since: since},
		store.Subscription{Plugin: audit, Pattern: "*", Since: since}))
	kept := since.UTC().Truncate(time.Microsecond)
	want := []store.Subscription{{Plugin: audit, Pattern: "*", Since: kept}, {Plugin: audit, Pattern: added, Since: kept}, {Plugin: mailer, Pattern: "Sns.*", Since: kept}}
	for range 2 {
		got, err := f.Subscriptions(f.t.Context())
		f.must(err)
		f.same("the subscriptions", got, want)
		f.reopen()
	}
}

func subscriptionsStay(f *fixture) {
	f.open(Options{})
	first, later := f.now(), f.now().Add(time.Hour)
	f.must(f.Subscribe(f.t.Context(), store.Subscription{Plugin: audit, Pattern: added, Since: first}))
	f.must(f.Subscribe(f.t.Context(),
		store.Subscription{Plugin: audit, Pattern: added, Since: later}, store.Subscription{Plugin: audit, Pattern: deleted, Since: later},
		store.Subscription{Plugin: audit, Pattern: deleted, Since: first}))
	got, err := f.Subscriptions(f.t.Context())
	f.must(err)
	f.same("the subscriptions", got,
		[]store.Subscription{{Plugin: audit, Pattern: added, Since: first}, {Plugin: audit, Pattern: deleted, Since: later}})
}

func unsubscribeNothing(f *fixture) {
	f.open(Options{})
	f.subscribe(audit, "Sns.*")
	e := f.add(added, audit)
	for _, pair := range [][2]string{{audit, added}, {audit, "*"}, {mailer, "Sns.*"}} {
		if dead, err := f.Unsubscribe(f.t.Context(), pair[0], pair[1]); !errors.Is(err, store.ErrNotFound) || dead != 0 {
			f.t.Errorf("unsubscribing %v: %d, %v", pair, dead, err)
		}
	}
	f.same("the subscriptions", f.subscriptions(), [][2]string{{audit, "Sns.*"}})
	f.same("the copies", f.all(), []store.Copy{{Event: e, Plugin: audit}})
}

func unsubscribeEnds(f *fixture) {
	f.open(Options{})
	f.subscribe(audit, "Sns.*", mailer, "Sns.*")
	ready, retry, done := f.add(added, audit, mailer), f.add(deleted, audit), f.add(added, audit)
	attempt := f.result(audit, retry.Seq, store.Retry)
	f.result(audit, done.Seq, store.Done)
	dead, err := f.Unsubscribe(f.t.Context(), audit, "Sns.*")
	f.must(err)
	f.same("the new dead letters", dead, 2)
	f.same("the subscriptions", f.subscriptions(), [][2]string{{mailer, "Sns.*"}})
	for _, e := range []store.Event{ready, retry} {
		c := f.copy(audit, e.Seq)
		if c.State != store.Dead || c.Reason != store.Unsubscribed || !c.DueAt.IsZero() {
			f.t.Errorf("got %+v", c)
		}
	}
	f.same("the attempts", f.copy(audit, retry.Seq).Attempts, attempt.Attempts)
	f.same("the copy that was done", f.copy(audit, done.Seq).State, store.Done)
	f.same("the other plugin's copy", f.copy(mailer, ready.Seq), store.Copy{Event: ready, Plugin: mailer})
	f.same("what waits", f.waiting(store.WaitingQuery{Line: line(audit, added, deleted), Retries: true}), []store.Copy{})
	_, next := f.due(store.DueQuery{Line: line(audit, added, deleted), Now: f.now().Add(time.Hour)})
	f.same("next", next, time.Time{})
	f.same("the counts", f.stats().Queues[:2], []store.Queue{
		{Plugin: audit, Command: added, Done: 1, Dead: 1}, {Plugin: audit, Command: deleted, Dead: 1},
	})
}

func unsubscribeCovered(f *fixture) {
	f.open(Options{})
	f.subscribe(audit, "Sns.*", audit, added, audit, "Group.*")
	sns, friend, group := f.add(deleted, audit), f.add(added, audit), f.add(created, audit)
	for _, step := range []struct {
		pattern string
		dead    int
		waiting []uint64
	}{
		{"Sns.*", 1, []uint64{friend.Seq, group.Seq}}, {added, 1, []uint64{group.Seq}}, {"Group.*", 1, nil},
	} {
		dead, err := f.Unsubscribe(f.t.Context(), audit, step.pattern)
		f.must(err)
		f.same("the dead letters of "+step.pattern, dead, step.dead)
		f.same("what waits after "+step.pattern, seqs(f.waiting(store.WaitingQuery{Line: line(audit, added, deleted, created)})), step.waiting)
	}
	f.same("why the first is dead", f.copy(audit, sns.Seq).Reason, store.Unsubscribed)
}

func subscribeAnew(f *fixture) {
	f.open(Options{})
	f.subscribe(audit, "*")
	e := f.add(added, audit)
	_, err := f.Unsubscribe(f.t.Context(), audit, "*")
	f.must(err)
	f.subscribe(audit, "*")
	f.same("the subscriptions", f.subscriptions(), [][2]string{{audit, "*"}})
	f.same("the dead letter", f.copy(audit, e.Seq).State, store.Dead)
	f.same("queued", f.requeue(store.Requeue{Plugin: audit, Seq: e.Seq}), true)
	f.same("the copy", f.copy(audit, e.Seq), store.Copy{Event: e, Plugin: audit})
}

func movePromises() promises {
	return promises{
		"subscriptions and copies of every state go along":  moveAll,
		"where both have one, the one that was there stays": moveCollisions,
		"what has nothing cannot be moved":                  moveNothing,
		"an event that a collision has finished can go":     moveFinishes,
		"subscriptions alone can be moved":                  moveSubscriptions,
	}
}

func moveAll(f *fixture) {
	f.open(Options{})
	f.subscribe(audit, "Sns.*", audit, created)
	ready, retry := f.add(added, audit, blacklist), f.add(added, audit)
	f.result(audit, retry.Seq, store.Retry)
	f.result(audit, f.add(deleted, audit).Seq, store.Done)
	f.result(audit, f.add(deleted, audit).Seq, store.Dead)
	f.drop(audit, f.add(deleted, audit).Seq)
	want := f.scan(store.ScanQuery{Filter: store.Filter{Plugin: audit}, Limit: 100, Bodies: true})
	for i := range want {
		want[i].Plugin = mailer
	}
	copies, err := f.Move(f.t.Context(), audit, mailer)
	f.must(err)
	f.same("how many copies moved", copies, 5)
	f.same("the copies", f.scan(store.ScanQuery{Filter: store.Filter{Plugin: mailer}, Limit: 100, Bodies: true}), want)
	f.same("what is left", f.scan(store.ScanQuery{Filter: store.Filter{Plugin: audit}, Limit: 100}), []store.Copy{})
	f.same("the subscriptions", f.subscriptions(), [][2]string{{mailer, created}, {mailer, "Sns.*"}})
	f.same("what waits", seqs(f.waiting(store.WaitingQuery{Line: line(mailer, added), Retries: true})), []uint64{ready.Seq, retry.Seq})
	f.same("the queues", f.stats().Queues, []store.Queue{
		{Plugin: blacklist, Command: added, Ready: 1, Oldest: ready.ReceivedAt},
		{Plugin: mailer, Command: added, Ready: 1, Retry: 1, Oldest: ready.ReceivedAt},
		{Plugin: mailer, Command: deleted, Done: 1, Dead: 1, Dropped: 1},
	})
	f.same("the other plugin's copy", f.copy(blacklist, ready.Seq), store.Copy{Event: ready, Plugin: blacklist})
	f.result(mailer, ready.Seq, store.Done)
	f.same("what waits then", seqs(f.waiting(store.WaitingQuery{Line: line(mailer, added), Retries: true})), []uint64{retry.Seq})
}

func moveCollisions(f *fixture) {
	f.open(Options{})
	since := f.now()
	f.must(f.Subscribe(f.t.Context(), store.Subscription{Plugin: mailer, Pattern: "*", Since: since}))
	f.subscribe(audit, "*", audit, added)
	both, one := f.add(added, audit, mailer), f.add(added, audit)
	f.result(mailer, both.Seq, store.Dead)
	want := f.copy(mailer, both.Seq)
	copies, err := f.Move(f.t.Context(), audit, mailer)
	f.must(err)
	f.same("how many copies moved", copies, 1)
	f.same("the copies", f.all(), []store.Copy{want, {Event: one, Plugin: mailer}})
	f.same("the queues", f.stats().Queues, []store.Queue{{Plugin: mailer, Command: added, Ready: 1, Dead: 1, Oldest: one.ReceivedAt}})
	f.same("the subscriptions", f.subscriptions(), [][2]string{{mailer, "*"}, {mailer, added}})
	all, err := f.Subscriptions(f.t.Context())
	f.must(err)
	f.same("since when", all[0].Since, since)
}

// moveFinishes would keep its event for ever in a store that remembers what it has
// found unfinished, and does not see that a move has changed that.
func moveFinishes(f *fixture) {
	f.open(Options{})
	e := f.add(added, audit, mailer)
	f.result(mailer, e.Seq, store.Done)
	f.same("how many go before", f.trimAll(), 0)
	_, err := f.Move(f.t.Context(), audit, mailer)
	f.must(err)
	f.same("how many go", f.trimAll(), 1)
}

func moveNothing(f *fixture) {
	f.open(Options{})
	e := f.add(added, mailer)
	if copies, err := f.Move(f.t.Context(), audit, mailer); !errors.Is(err, store.ErrNotFound) || copies != 0 {
		f.t.Errorf("moving nothing: %d, %v", copies, err)
	}
	f.same("the copies", f.all(), []store.Copy{{Event: e, Plugin: mailer}})
	_, err := f.Move(f.t.Context(), mailer, audit)
	f.must(err)
	if _, err := f.Move(f.t.Context(), mailer, audit); !errors.Is(err, store.ErrNotFound) {
		f.t.Errorf("moving twice: %v", err)
	}
}

func moveSubscriptions(f *fixture) {
	f.open(Options{})
	f.subscribe(audit, "*")
	copies, err := f.Move(f.t.Context(), audit, mailer)
	f.must(err)
	f.same("how many copies moved", copies, 0)
	f.same("the subscriptions", f.subscriptions(), [][2]string{{mailer, "*"}})
}
