package storetest

import (
	"errors"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// A store of this size is full after a few dozen events with large bodies.
const (
	smallStore = 2 << 20
	largeBody  = 64 << 10
)

func fullPromises() promises {
	return promises{
		"appends fail at the size limit and nothing of their batch counts": fullAppends,
		"results and drops succeed all the same":                           fullResults,
		"there is room again after a trim":                                 fullRecovers,
		"a full store opens and answers":                                   fullReopens,
	}
}

// fill appends to a small store until it is full.
func (f *fixture) fill() (accepted []uint64) {
	f.t.Helper()
	for range 4 * smallStore / largeBody {
		e := f.event(added)
		e.Body = make([]byte, largeBody)
		b := store.Batch{Appends: []store.Append{{Event: e, Plugins: []string{audit}}}}
		err := f.Commit(f.t.Context(), &b)
		if errors.Is(err, store.ErrFull) {
			return accepted
		}
		f.must(err)
		accepted = append(accepted, b.Appends[0].Event.Seq)
	}
	f.t.Fatalf("a store of %d bytes took %d events of %d", smallStore, len(accepted), largeBody)
	return nil
}

// empty finishes what waits of added, and trims.
func (f *fixture) empty() {
	f.t.Helper()
	var b store.Batch
	for _, c := range f.waiting(store.WaitingQuery{Line: line(audit, added), Retries: true}) {
		b.Results = append(b.Results, store.Result{Plugin: audit, Seq: c.Event.Seq, State: store.Done, Attempts: 1, At: f.now()})
	}
	f.commit(b)
	f.trimAll()
}

func fullAppends(f *fixture) {
	f.open(Options{MaxBytes: smallStore})
	accepted := f.fill()
	if n := len(accepted); n < smallStore/largeBody/3 || n > smallStore/largeBody {
		f.t.Errorf("%d bytes took %d events of %d", smallStore, n, largeBody)
	}
	e := f.event(added)
	e.Body = make([]byte, 4*largeBody)
	b := store.Batch{
		Appends: []store.Append{{Event: f.event(added), Plugins: []string{audit}}, {Event: e, Plugins: []string{audit}}},
		Results: []store.Result{{Plugin: audit, Seq: accepted[0], State: store.Done, Attempts: 1, At: f.now()}},
	}
	if err := f.Commit(f.t.Context(), &b); !errors.Is(err, store.ErrFull) {
		f.t.Fatalf("a full store took a batch: %v", err)
	}
	f.same("what waits", seqs(f.waiting(store.WaitingQuery{Line: line(audit, added)})), accepted)
	if s := f.stats(); s.SizeBytes > s.MaxBytes*5/4 {
		f.t.Errorf("%d bytes are taken of %d", s.SizeBytes, s.MaxBytes)
	}
}

func fullResults(f *fixture) {
	f.open(Options{MaxBytes: smallStore})
	accepted := f.fill()
	for i, seq := range accepted {
		f.result(audit, seq, []store.State{store.Retry, store.Dead, store.Done}[i%3])
	}
	f.commit(store.Batch{Drops: []store.Drop{{Plugin: audit, Seq: accepted[1]}}})
	f.same("the dropped copy", f.copy(audit, accepted[1]).State, store.Dropped)
	f.same("the copies", seqs(f.all()), accepted)
}

func fullRecovers(f *fixture) {
	f.open(Options{MaxBytes: smallStore})
	for range 3 {
		accepted := f.fill()
		if len(accepted) < smallStore/largeBody/3 {
			f.t.Fatalf("an empty store had room for %d events", len(accepted))
		}
		size := f.stats().SizeBytes
		f.empty()
		if got := f.stats().SizeBytes; got > size/2 {
			f.t.Errorf("an empty store takes %d bytes, a full one %d", got, size)
		}
	}
	f.add(added, audit)
}

func fullReopens(f *fixture) {
	f.open(Options{MaxBytes: smallStore})
	accepted := f.fill()
	f.reopen()
	f.same("what waits", seqs(f.waiting(store.WaitingQuery{Line: line(audit, added)})), accepted)
	f.same("a second filling", len(f.fill()) < 4, true)
	f.empty()
	f.add(added, audit)
}
