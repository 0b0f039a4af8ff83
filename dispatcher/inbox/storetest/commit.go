package storetest

import (
	"context"
	"slices"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

func commitPromises() promises {
	return promises{
		"events are numbered from 1 in the order of acceptance":            numbersInOrder,
		"every plugin gets a copy of its own with all that was accepted":   copiesForEach,
		"a batch takes appends, results, requeues and drops in that order": batchInOrder,
		"an empty batch is kept":                                             emptyBatch,
		"a context that has ended keeps nothing":                             endedContext,
		"a closed store keeps nothing and answers nothing":                   closedStore,
		"a batch of hundreds of events is kept whole":                        hundredsOfEvents,
		"an event that was accepted late is numbered by its acceptance":      numbersByAcceptance,
		"appends and the results of earlier events may share a batch":        mixedBatch,
		"results of one batch apply in their order":                          resultsInOrder,
		"a batch may settle what it appends, as the numbers can be foretold": settlesOwnAppend,
	}
}

func numbersInOrder(f *fixture) {
	f.open(Options{})
	last := uint64(0)
	for range 3 {
		b := f.commit(store.Batch{Appends: []store.Append{
			{Event: f.event(added), Plugins: []string{audit}}, {Event: f.event(deleted), Plugins: []string{audit}},
		}})
		for _, a := range b.Appends {
			if a.Event.Seq <= last || last == 0 && a.Event.Seq != 1 {
				f.t.Fatalf("event %d comes after event %d", a.Event.Seq, last)
			}
			last = a.Event.Seq
		}
	}
	f.same("LastSeq", f.stats().LastSeq, last)
	f.same("the order of a scan", seqs(f.all()), seqs(f.waiting(store.WaitingQuery{Line: line(audit, added, deleted)})))
}

func numbersByAcceptance(f *fixture) {
	f.open(Options{})
	early, late := f.event(added), f.event(added)
	f.append(store.Append{Event: late, Plugins: []string{audit}})
	f.append(store.Append{Event: early, Plugins: []string{audit}})
	copies := f.waiting(store.WaitingQuery{Line: line(audit, added)})
	if len(copies) != 2 || copies[0].Event.ID != late.ID || copies[1].Event.ID != early.ID {
		f.t.Errorf("the order of acceptance is lost: %v", copies)
	}
}

func copiesForEach(f *fixture) {
	f.open(Options{})
	e := f.event(added)
	e.Body = []byte(`{"From_Account":"ann"}`)
	a := f.append(store.Append{Event: e, Plugins: []string{mailer, audit}})
	if a.Duplicate {
		f.t.Error("a first event is a duplicate")
	}
	e.Seq = a.Event.Seq
	f.same("the copies", f.all(), []store.Copy{
		{Event: e, Plugin: audit, State: store.Ready, Purpose: sdk.Live},
		{Event: e, Plugin: mailer, State: store.Ready, Purpose: sdk.Live},
	})
}

func emptyBatch(f *fixture) {
	f.open(Options{})
	f.commit(store.Batch{})
	f.same("the events", f.stats().Events, int64(0))
}

// batchInOrder would see a live copy dropped, or a requeue without effect, in any other
// order.
func batchInOrder(f *fixture) {
	f.open(Options{})
	e := f.add(added, audit)
	b := f.commit(store.Batch{
		Results:  []store.Result{{Plugin: audit, Seq: e.Seq, State: store.Dead, Attempts: 1, At: f.now(), Reason: store.Malformed}},
		Requeues: []store.Requeue{{Plugin: audit, Seq: e.Seq, Purpose: sdk.Live}},
		Drops:    []store.Drop{{Plugin: audit, Seq: e.Seq}},
	})
	if !b.Requeues[0].Queued || b.Drops[0].Dropped {
		f.t.Errorf("queued %v, dropped %v", b.Requeues[0].Queued, b.Drops[0].Dropped)
	}
	f.same("the state", f.copy(audit, e.Seq).State, store.Ready)
}

func resultsInOrder(f *fixture) {
	f.open(Options{})
	e := f.add(added, audit)
	at := f.pass(time.Second)
	f.commit(store.Batch{Results: []store.Result{
		{Plugin: audit, Seq: e.Seq, State: store.Retry, Attempts: 1, At: at, DueAt: at, Error: "busy"},
		{Plugin: audit, Seq: e.Seq, State: store.Done, Attempts: 2, At: at.Add(time.Second)},
		{Plugin: audit, Seq: e.Seq, State: store.Dead, Attempts: 3, At: at.Add(time.Minute), Reason: store.Expired},
	}})
	c := f.copy(audit, e.Seq)
	if c.State != store.Done || c.Attempts != 2 || !c.FirstAt.Equal(at) || !c.LastAt.Equal(at.Add(time.Second)) {
		f.t.Errorf("got %+v", c)
	}
}

func mixedBatch(f *fixture) {
	f.open(Options{})
	e := f.add(added, audit)
	b := f.commit(store.Batch{
		Appends: []store.Append{{Event: f.event(added), Plugins: []string{audit}}},
		Results: []store.Result{{Plugin: audit, Seq: e.Seq, State: store.Done, Attempts: 1, At: f.now()}},
	})
	f.same("what waits", seqs(f.waiting(store.WaitingQuery{Line: line(audit, added)})), []uint64{b.Appends[0].Event.Seq})
}

func settlesOwnAppend(f *fixture) {
	f.open(Options{})
	b := f.commit(store.Batch{
		Appends: []store.Append{{Event: f.event(added), Plugins: []string{audit}}},
		Results: []store.Result{{Plugin: audit, Seq: 1, State: store.Done, Attempts: 1, At: f.now()}},
	})
	f.same("the state", f.copy(audit, b.Appends[0].Event.Seq).State, store.Done)
}

func endedContext(f *fixture) {
	f.open(Options{})
	e := f.add(added, audit)
	ctx, cancel := context.WithCancel(f.t.Context())
	cancel()
	b := store.Batch{
		Appends: []store.Append{{Event: f.event(added), Plugins: []string{audit}}},
		Results: []store.Result{{Plugin: audit, Seq: e.Seq, State: store.Done, Attempts: 1, At: f.now()}},
	}
	if err := f.Commit(ctx, &b); err == nil {
		f.t.Error("a commit succeeded under a context that has ended")
	}
	if _, err := f.Scan(ctx, store.ScanQuery{Limit: 1}); err == nil {
		f.t.Error("a scan succeeded under a context that has ended")
	}
	f.same("what there is", f.all(), []store.Copy{{Event: e, Plugin: audit}})
	f.add(added, audit)
}

func closedStore(f *fixture) {
	f.open(Options{})
	f.add(added, audit)
	s, ctx := f.Store, f.t.Context()
	f.close()
	if err := s.Commit(ctx, &store.Batch{Appends: []store.Append{{Event: f.event(added), Plugins: []string{audit}}}}); err == nil {
		f.t.Error("a closed store took a commit")
	}
	if _, err := s.Waiting(ctx, store.WaitingQuery{Line: line(audit, added), Limit: 1, MaxBytes: 1}); err == nil {
		f.t.Error("a closed store said what waits")
	}
	if _, err := s.Stats(ctx); err == nil {
		f.t.Error("a closed store gave counts")
	}
	f.use(f.dir)
	f.same("the events", f.stats().Events, int64(1))
}

func hundredsOfEvents(f *fixture) {
	f.open(Options{})
	var b store.Batch
	for i := range 300 {
		b.Appends = append(b.Appends, store.Append{Event: f.event([]string{added, deleted}[i%2]), Plugins: []string{audit, mailer}})
	}
	f.commit(b)
	f.same("the events", f.stats().Events, int64(300))
	copies := f.waiting(store.WaitingQuery{Line: line(mailer, added, deleted)})
	if len(copies) != 300 || !slices.IsSorted(seqs(copies)) {
		f.t.Errorf("%d wait, in order: %v", len(copies), slices.IsSorted(seqs(copies)))
	}
}
