package storetest

import (
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

func trimPromises() promises {
	return promises{
		"what waits and what is dead stays":                    trimKeeps,
		"an event goes with its last copy":                     trimWholeEvents,
		"only what was received before goes":                   trimBefore,
		"a limit ends it and says that there is more":          trimLimit,
		"a size lets go of the oldest":                         trimSize,
		"nothing said lets go of nothing":                      trimNothing,
		"a number is never given twice, even when all is gone": trimNumbers,
		"a replayed copy holds its event":                      trimRequeued,
	}
}

// trimAll lets go of everything that is finished.
func (f *fixture) trimAll() (events int) {
	f.t.Helper()
	return f.trim(store.Retention{Before: f.now().Add(time.Hour), Limit: 100})
}

func (f *fixture) trim(r store.Retention) (events int) {
	f.t.Helper()
	for range 1000 {
		trimmed, err := f.Trim(f.t.Context(), r)
		f.must(err)
		if trimmed.Events > r.Limit || trimmed.Bytes < 0 {
			f.t.Fatalf("a trim of at most %d let go of %d with %d bytes", r.Limit, trimmed.Events, trimmed.Bytes)
		}
		events += trimmed.Events
		if !trimmed.More {
			return events
		}
	}
	f.t.Fatalf("a trim has no end after %d events", events)
	return events
}

func trimKeeps(f *fixture) {
	f.open(Options{})
	ready, retry, dead := f.add(added, audit), f.add(added, audit), f.add(added, audit)
	done, dropped := f.add(added, audit), f.add(added, audit)
	f.result(audit, retry.Seq, store.Retry)
	f.result(audit, dead.Seq, store.Dead)
	f.result(audit, done.Seq, store.Done)
	f.drop(audit, dropped.Seq)
	f.same("how many went", f.trimAll(), 2)
	f.same("what is left", seqs(f.all()), []uint64{ready.Seq, retry.Seq, dead.Seq})
	f.same("how many go for their size", f.trim(store.Retention{MaxBytes: 1, Limit: 100}), 0)
	f.same("what is left then", seqs(f.all()), []uint64{ready.Seq, retry.Seq, dead.Seq})
}

func trimWholeEvents(f *fixture) {
	f.open(Options{})
	e := f.add(added, audit, mailer)
	f.result(audit, e.Seq, store.Done)
	f.same("how many went", f.trimAll(), 0)
	f.result(mailer, e.Seq, store.Dead)
	f.same("how many went then", f.trimAll(), 0)
	f.same("what is left", len(f.all()), 2)
	f.commit(store.Batch{Drops: []store.Drop{{Plugin: mailer, Seq: e.Seq}}})
	f.same("how many went at last", f.trimAll(), 1)
	f.same("what is left at last", f.all(), []store.Copy{})
}

func trimBefore(f *fixture) {
	f.open(Options{})
	var e []store.Event
	for range 4 {
		e = append(e, f.add(added, audit))
		f.result(audit, e[len(e)-1].Seq, store.Done)
	}
	f.same("how many went", f.trim(store.Retention{Before: e[2].ReceivedAt, Limit: 100}), 2)
	f.same("what is left", seqs(f.all()), []uint64{e[2].Seq, e[3].Seq})
}

func trimLimit(f *fixture) {
	f.open(Options{})
	wait := f.add(added, audit)
	for range 5 {
		f.result(audit, f.add(added, audit).Seq, store.Done)
	}
	r := store.Retention{Before: f.now().Add(time.Hour), Limit: 2}
	for _, left := range []int{4, 2} {
		trimmed, err := f.Trim(f.t.Context(), r)
		f.must(err)
		f.same("how many went", trimmed.Events, 2)
		f.same("whether there is more", trimmed.More, true)
		copies := f.all()
		f.same("how many are left", len(copies), left)
		f.same("what waits is left", copies[0].Event.Seq, wait.Seq)
		f.same("the latest is left", copies[len(copies)-1].Event.Seq, wait.Seq+5)
	}
	f.same("how many went at last", f.trim(r), 1)
}

func trimSize(f *fixture) {
	f.open(Options{})
	var b store.Batch
	for seq := range uint64(40) {
		e := f.event(added)
		e.Body = make([]byte, largeBody)
		b.Appends = append(b.Appends, store.Append{Event: e, Plugins: []string{audit}})
		b.Results = append(b.Results, store.Result{Plugin: audit, Seq: seq + 1, State: store.Done, Attempts: 1, At: f.now()})
	}
	f.commit(b)
	before := f.stats().SizeBytes
	if before < 40*largeBody {
		f.t.Fatalf("%d bytes are said to take %d", 40*largeBody, before)
	}
	bound := before / 2
	gone := f.trim(store.Retention{MaxBytes: bound, Limit: 7})
	if got := f.stats().SizeBytes; got > bound || gone < 10 || gone > 30 {
		f.t.Errorf("%d events went, for %d bytes of %d to be at most %d", gone, got, before, bound)
	}
	left := f.all()
	f.same("how many are left", len(left), 40-gone)
	f.same("the oldest that is left", left[0].Event.Seq, uint64(gone+1)) //nolint:gosec // 40 at most
}

func trimNothing(f *fixture) {
	f.open(Options{})
	f.result(audit, f.add(added, audit).Seq, store.Done)
	f.same("how many went", f.trim(store.Retention{Limit: 10}), 0)
}

func trimNumbers(f *fixture) {
	f.open(Options{})
	var last uint64
	for range 3 {
		e := f.add(added, audit)
		if e.Seq <= last {
			f.t.Errorf("event %d comes after event %d", e.Seq, last)
		}
		last = e.Seq
		f.result(audit, e.Seq, store.Done)
		f.same("how many went", f.trimAll(), 1)
		f.same("the last number", f.stats().LastSeq, last)
		f.reopen()
		f.same("the last number after a restart", f.stats().LastSeq, last)
	}
}

func trimRequeued(f *fixture) {
	f.open(Options{})
	e := f.add(added, audit)
	f.result(audit, e.Seq, store.Done)
	f.requeue(store.Requeue{Plugin: mailer, Seq: e.Seq})
	f.same("how many went", f.trimAll(), 0)
	f.result(mailer, e.Seq, store.Done)
	f.same("how many went then", f.trimAll(), 1)
}
