package storetest

import (
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

func requeuePromises() promises {
	return promises{
		"a done copy is ready again, with its attempts and the new purpose": requeueDone,
		"a dead letter is ready again and forgets why it was":               requeueDead,
		"a copy that waits stays as it is":                                  requeueWaiting,
		"a plugin that has no copy gets one":                                requeueNew,
		"OnlyNew leaves a copy as it is":                                    requeueOnlyNew,
		"a dropped copy stays dropped":                                      requeueDropped,
		"what is not kept cannot be made ready":                             requeueNothing,
		"the second of two in one batch finds the copy waiting":             requeueTwice,
		"a drop lets go of a dead letter and of nothing else":               dropOnlyDead,
	}
}

func (f *fixture) requeue(r store.Requeue) bool {
	f.t.Helper()
	return f.commit(store.Batch{Requeues: []store.Requeue{r}}).Requeues[0].Queued
}

func requeueDone(f *fixture) {
	f.open(Options{})
	e := f.add(added, audit)
	r := f.result(audit, e.Seq, store.Done)
	f.same("queued", f.requeue(store.Requeue{Plugin: audit, Seq: e.Seq, Purpose: sdk.Replay}), true)
	want := store.Copy{Event: e, Plugin: audit, Purpose: sdk.Replay, Attempts: 1, LastAt: r.At}
	f.same("the copy", f.copy(audit, e.Seq), want)
	f.same("what waits", f.waiting(store.WaitingQuery{Line: line(audit, added)}), []store.Copy{want})
	again := f.pass(time.Hour)
	f.commit(store.Batch{Results: []store.Result{{Plugin: audit, Seq: e.Seq, State: store.Done, Attempts: 2, At: again}}})
	want.State, want.Attempts, want.FirstAt, want.LastAt = store.Done, 2, again, again
	f.same("the copy, delivered again", f.copy(audit, e.Seq), want)
}

func requeueDead(f *fixture) {
	f.open(Options{})
	e := f.add(added, audit)
	r := f.result(audit, e.Seq, store.Dead)
	f.same("queued", f.requeue(store.Requeue{Plugin: audit, Seq: e.Seq, Purpose: sdk.Live}), true)
	f.same("the copy", f.copy(audit, e.Seq), store.Copy{Event: e, Plugin: audit, Attempts: 1, LastAt: r.At})
}

func requeueWaiting(f *fixture) {
	f.open(Options{})
	ready, retry := f.add(added, audit), f.add(added, audit)
	f.result(audit, retry.Seq, store.Retry)
	before := f.all()
	for _, e := range []store.Event{ready, retry} {
		f.same("queued", f.requeue(store.Requeue{Plugin: audit, Seq: e.Seq, Purpose: sdk.Replay}), false)
	}
	f.same("the copies", f.all(), before)
}

func requeueNew(f *fixture) {
	f.open(Options{})
	e := f.add(added, audit)
	f.result(audit, e.Seq, store.Done)
	f.same("queued", f.requeue(store.Requeue{Plugin: mailer, Seq: e.Seq, Purpose: sdk.Live, OnlyNew: true}), true)
	f.same("the copy", f.copy(mailer, e.Seq), store.Copy{Event: e, Plugin: mailer})
	f.same("what waits", seqs(f.waiting(store.WaitingQuery{Line: line(mailer, added)})), []uint64{e.Seq})
	f.same("the events", f.stats().Events, int64(1))
}

func requeueOnlyNew(f *fixture) {
	f.open(Options{})
	for _, s := range []store.State{store.Done, store.Dead, store.Retry} {
		e := f.add(added, audit)
		f.result(audit, e.Seq, s)
		before := f.all()
		f.same("queued", f.requeue(store.Requeue{Plugin: audit, Seq: e.Seq, Purpose: sdk.Replay, OnlyNew: true}), false)
		f.same("the copies", f.all(), before)
	}
}

func requeueDropped(f *fixture) {
	f.open(Options{})
	e := f.add(added, audit)
	f.drop(audit, e.Seq)
	f.same("queued", f.requeue(store.Requeue{Plugin: audit, Seq: e.Seq, Purpose: sdk.Replay}), false)
	f.same("the state", f.copy(audit, e.Seq).State, store.Dropped)
}

func requeueNothing(f *fixture) {
	f.open(Options{})
	e := f.add(added, audit)
	f.result(audit, e.Seq, store.Done)
	f.trimAll()
	f.same("queued after a trim", f.requeue(store.Requeue{Plugin: audit, Seq: e.Seq}), false)
	f.same("queued before it was accepted", f.requeue(store.Requeue{Plugin: audit, Seq: e.Seq + 1}), false)
	f.same("the copies", f.all(), []store.Copy{})
}

func requeueTwice(f *fixture) {
	f.open(Options{})
	e := f.add(added, audit)
	f.result(audit, e.Seq, store.Done)
	b := f.commit(store.Batch{Requeues: []store.Requeue{
		{Plugin: audit, Seq: e.Seq, Purpose: sdk.Replay},
		{Plugin: audit, Seq: e.Seq, Purpose: sdk.Live},
		{Plugin: mailer, Seq: e.Seq, Purpose: sdk.Replay},
		{Plugin: mailer, Seq: e.Seq, Purpose: sdk.Live, OnlyNew: true},
	}})
	for i, want := range []bool{true, false, true, false} {
		f.same("queued", b.Requeues[i].Queued, want)
	}
	f.same("the purposes", f.copy(audit, e.Seq).Purpose, f.copy(mailer, e.Seq).Purpose)
}

func dropOnlyDead(f *fixture) {
	f.open(Options{})
	dead, done, ready, retry := f.add(added, audit), f.add(added, audit), f.add(added, audit), f.add(added, audit)
	f.result(audit, dead.Seq, store.Dead)
	f.result(audit, done.Seq, store.Done)
	f.result(audit, retry.Seq, store.Retry)
	b := f.commit(store.Batch{Drops: []store.Drop{
		{Plugin: audit, Seq: dead.Seq},
		{Plugin: audit, Seq: dead.Seq},
		{Plugin: audit, Seq: done.Seq},
		{Plugin: audit, Seq: ready.Seq},
		{Plugin: audit, Seq: retry.Seq},
		{Plugin: mailer, Seq: dead.Seq},
		{Plugin: audit, Seq: 99},
	}})
	for i, d := range b.Drops {
		f.same("dropped", d.Dropped, i == 0)
	}
	f.same("the counts", f.stats().Queues,
		[]store.Queue{{Plugin: audit, Command: added, Ready: 1, Retry: 1, Done: 1, Dropped: 1, Oldest: ready.ReceivedAt}})
}
