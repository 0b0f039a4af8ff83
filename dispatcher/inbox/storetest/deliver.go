package storetest

import (
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

func waitingPromises() promises {
	return promises{
		"only what waits for the plugin and the commands is there": waitingOfLine,
		"the commands of a line come in one order":                 waitingSpansCommands,
		"retries are there where they are asked for":               waitingRetries,
		"a cursor walks through everything once":                   waitingCursor,
		"the limit bounds the copies":                              waitingLimit,
		"MaxBytes bounds the bodies but never the first":           waitingMaxBytes,
		"a copy made ready again is in its old place":              waitingRequeued,
	}
}

func waitingOfLine(f *fixture) {
	f.open(Options{})
	want := f.add(added, audit, mailer)
	f.add(added, mailer)
	f.add(deleted, audit)
	f.result(audit, f.add(added, audit).Seq, store.Done)
	f.result(audit, f.add(added, audit).Seq, store.Dead)
	f.drop(audit, f.add(added, audit).Seq)
	f.same("what waits", f.waiting(store.WaitingQuery{Line: line(audit, added)}), []store.Copy{{Event: want, Plugin: audit}})
	f.same("of a command without events", f.waiting(store.WaitingQuery{Line: line(audit, created)}), []store.Copy{})
	f.same("of a plugin without copies", f.waiting(store.WaitingQuery{Line: line(blacklist, added)}), []store.Copy{})
}

func waitingSpansCommands(f *fixture) {
	f.open(Options{})
	var want []uint64
	for _, command := range []string{added, deleted, deleted, added, created, deleted, added} {
		e := f.add(command, audit)
		if command != created {
			want = append(want, e.Seq)
		}
	}
	f.same("what waits", seqs(f.waiting(store.WaitingQuery{Line: line(audit, deleted, added)})), want)
	f.same("what waits in pieces", seqs(f.waiting(store.WaitingQuery{Line: line(audit, added, deleted), Limit: 3})), want[:3])
}

func waitingRetries(f *fixture) {
	f.open(Options{})
	retry, ready := f.add(added, audit), f.add(added, audit)
	f.result(audit, retry.Seq, store.Retry)
	q := store.WaitingQuery{Line: line(audit, added)}
	f.same("without retries", seqs(f.waiting(q)), []uint64{ready.Seq})
	q.Retries = true
	f.same("with retries", seqs(f.waiting(q)), []uint64{retry.Seq, ready.Seq})
}

func waitingCursor(f *fixture) {
	f.open(Options{})
	var want, got []uint64
	for i := range 25 {
		e := f.add([]string{added, deleted}[i%2], audit)
		if i%5 == 0 {
			f.result(audit, e.Seq, store.Retry)
		}
		want = append(want, e.Seq)
	}
	q := store.WaitingQuery{Line: line(audit, added, deleted), Retries: true, Limit: 4}
	for range 25 {
		page := seqs(f.waiting(q))
		if len(page) == 0 {
			break
		}
		got = append(got, page...)
		q.After = page[len(page)-1]
	}
	f.same("the pages", got, want)
}

func waitingLimit(f *fixture) {
	f.open(Options{})
	for range 5 {
		f.add(added, audit)
	}
	for _, limit := range []int{1, 4, 5, 6} {
		got := f.waiting(store.WaitingQuery{Line: line(audit, added), Limit: limit})
		f.same("the copies", len(got), min(limit, 5))
	}
}

func waitingMaxBytes(f *fixture) {
	f.open(Options{})
	for range 5 {
		e := f.event(added)
		e.Body = make([]byte, 100)
		f.append(store.Append{Event: e, Plugins: []string{audit}})
	}
	for maxBytes, want := range map[int64]int{1: 1, 99: 1, 100: 1, 199: 1, 200: 2, 299: 2, 499: 4, 500: 5, 1000: 5} {
		got := f.waiting(store.WaitingQuery{Line: line(audit, added), MaxBytes: maxBytes})
		if len(got) != want {
			f.t.Errorf("%d copies of 100 bytes within %d", len(got), maxBytes)
		}
	}
}

func waitingRequeued(f *fixture) {
	f.open(Options{})
	first, second := f.add(added, audit), f.add(added, audit)
	f.result(audit, first.Seq, store.Done)
	f.requeue(store.Requeue{Plugin: audit, Seq: first.Seq})
	f.same("what waits", seqs(f.waiting(store.WaitingQuery{Line: line(audit, added)})), []uint64{first.Seq, second.Seq})
}

func duePromises() promises {
	return promises{
		"the longest due comes first":                           dueOrder,
		"what is not due yet is left, and next says until when": dueNext,
		"next is the earliest of those left by a limit":         dueLimit,
		"MaxBytes bounds the bodies but never the first":        dueMaxBytes,
		"only retries of the plugin and the commands count":     dueOfLine,
		"a copy that has moved on is due no more":               dueSettled,
	}
}

// retry has the copy wait until due.
func (f *fixture) retry(plugin string, seq uint64, due time.Time) {
	f.t.Helper()
	f.commit(store.Batch{Results: []store.Result{
		{Plugin: plugin, Seq: seq, State: store.Retry, Attempts: 1, At: f.now(), DueAt: due, Error: "busy"},
	}})
}

func (f *fixture) due(q store.DueQuery) (got []uint64, next time.Time) {
	f.t.Helper()
	if q.Limit == 0 {
		q.Limit = 1000
	}
	if q.MaxBytes == 0 {
		q.MaxBytes = 1 << 30
	}
	copies, next, err := f.Due(f.t.Context(), q)
	f.must(err)
	return seqs(copies), next
}

// staggered are four retries of which a later event is due earlier: a second apart,
// the last one at start.
func (f *fixture) staggered() (events []store.Event, start time.Time) {
	f.t.Helper()
	for i := range 4 {
		events = append(events, f.add([]string{added, deleted}[i%2], audit))
	}
	start = f.now().Add(time.Minute)
	for i, e := range events {
		f.retry(audit, e.Seq, start.Add(time.Duration(3-i)*time.Second))
	}
	return events, start
}

func dueOrder(f *fixture) {
	f.open(Options{})
	e, start := f.staggered()
	got, next := f.due(store.DueQuery{Line: line(audit, added, deleted), Now: start.Add(3 * time.Second)})
	f.same("what is due", got, []uint64{e[3].Seq, e[2].Seq, e[1].Seq, e[0].Seq})
	f.same("next", next, time.Time{})
}

func dueNext(f *fixture) {
	f.open(Options{})
	e, start := f.staggered()
	q := store.DueQuery{Line: line(audit, added, deleted), Now: start.Add(-time.Microsecond)}
	got, next := f.due(q)
	f.same("what is due before", got, []uint64{})
	f.same("next", next, start)
	q.Now = start.Add(time.Second)
	got, next = f.due(q)
	f.same("what is due", got, []uint64{e[3].Seq, e[2].Seq})
	f.same("next", next, start.Add(2*time.Second))
	q.Now, q.Latest = start.Add(-time.Microsecond), start.Add(time.Second)
	got, next = f.due(q)
	f.same("what is due later than can be", got, []uint64{e[0].Seq, e[1].Seq})
	f.same("next", next, start)
	got, next = f.due(store.DueQuery{Line: line(audit, created), Now: q.Now})
	f.same("what is due of a command without events", got, []uint64{})
	f.same("next", next, time.Time{})
}

func dueLimit(f *fixture) {
	f.open(Options{})
	e, start := f.staggered()
	got, next := f.due(store.DueQuery{Line: line(audit, added, deleted), Now: start.Add(time.Hour), Limit: 3})
	f.same("what is due", got, []uint64{e[3].Seq, e[2].Seq, e[1].Seq})
	f.same("next", next, start.Add(3*time.Second))
}

func dueMaxBytes(f *fixture) {
	f.open(Options{})
	e, start := f.staggered()
	q := store.DueQuery{Line: line(audit, added, deleted), Now: start.Add(time.Hour), MaxBytes: 1}
	got, next := f.due(q)
	f.same("what is due within a byte", got, []uint64{e[3].Seq})
	f.same("next", next, start.Add(time.Second))
	q.MaxBytes = int64(len(e[3].Body) + len(e[2].Body))
	got, _ = f.due(q)
	f.same("what is due within two bodies", got, []uint64{e[3].Seq, e[2].Seq})
}

func dueOfLine(f *fixture) {
	f.open(Options{})
	e := f.add(added, audit, mailer)
	other, ready := f.add(deleted, audit), f.add(added, audit)
	due := f.now().Add(time.Second)
	f.retry(audit, e.Seq, due)
	f.retry(mailer, e.Seq, due.Add(-time.Second))
	f.retry(audit, other.Seq, due.Add(-time.Second))
	copies, next, err := f.Due(f.t.Context(), store.DueQuery{Line: line(audit, added), Now: due, Limit: 10, MaxBytes: 1000})
	f.must(err)
	f.same("what is due", copies, []store.Copy{{
		Event: e, Plugin: audit, State: store.Retry, Attempts: 1, FirstAt: ready.ReceivedAt, LastAt: ready.ReceivedAt, DueAt: due, Error: "busy",
	}})
	f.same("next", next, time.Time{})
}

func dueSettled(f *fixture) {
	f.open(Options{})
	e, start := f.staggered()
	f.result(audit, e[3].Seq, store.Done)
	f.result(audit, e[2].Seq, store.Dead)
	f.retry(audit, e[1].Seq, start.Add(time.Hour))
	got, next := f.due(store.DueQuery{Line: line(audit, added, deleted), Now: start.Add(time.Minute)})
	f.same("what is due", got, []uint64{e[0].Seq})
	f.same("next", next, start.Add(time.Hour))
}
