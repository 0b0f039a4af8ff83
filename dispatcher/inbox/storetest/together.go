package storetest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

func concurrencyPromises() promises {
	return promises{
		"commits and reads of many at once agree":       together,
		"many ask at once":                              askTogether,
		"commits go on while a plugin is moved":         moveTogether,
		"of many commits with one key exactly one wins": onceTogether,
	}
}

// together has writers that append two events at a time, one that settles what it
// reads, and readers that must never see half a batch.
func together(f *fixture) {
	const writers, rounds = 4, 8
	f.open(Options{})
	var writing, others sync.WaitGroup
	var accepted sync.Map
	stop := make(chan struct{})
	for range writers {
		writing.Go(func() {
			for range rounds {
				f.appendTwo(&accepted)
			}
		})
	}
	for _, work := range []func() error{f.settleSome, f.readWhole, f.countWhole} {
		others.Go(func() {
			for running := true; running; {
				select {
				case <-stop:
					running = false
				default:
				}
				if err := work(); err != nil {
					f.t.Error(err)
					return
				}
			}
		})
	}
	writing.Wait()
	close(stop)
	others.Wait()
	copies := f.waiting(store.WaitingQuery{Line: line(mailer, added)})
	f.same("how many events there are", len(copies), 2*writers*rounds)
	for _, c := range copies {
		if id, _ := accepted.Load(c.Event.Seq); id != c.Event.ID {
			f.t.Errorf("event %d is %s, and was accepted as %v", c.Event.Seq, c.Event.ID, id)
		}
	}
	f.same("how many are done", f.stats().Queues[0].Done+f.stats().Queues[0].Ready, int64(2*writers*rounds))
}

// askTogether has a crowd ask while a writer writes, beginning before any question was
// ever asked. Those that wait for what each other holds would wait for ever.
func askTogether(f *fixture) {
	f.open(Options{})
	f.many(60)
	ctx, cancel := context.WithTimeout(f.t.Context(), time.Minute)
	defer cancel()
	l := line(audit, added, deleted, created)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 4 {
				_, failed := f.Waiting(ctx, store.WaitingQuery{Line: l, Retries: true})
				_, err := f.Scan(ctx, store.ScanQuery{Limit: 9, Bodies: true})
				if err = errors.Join(failed, err); err != nil {
					f.t.Error(err)
					return
				}
			}
		})
	}
	for range 10 {
		f.add(added, audit)
	}
	all.Wait()
}

func (f *fixture) appendTwo(accepted *sync.Map) {
	b := store.Batch{Appends: []store.Append{
		{Event: f.event(added), Plugins: []string{audit, mailer}}, {Event: f.event(added), Plugins: []string{audit, mailer}},
	}}
	if err := f.Commit(f.t.Context(), &b); err != nil {
		f.t.Error(err)
	}
	for _, a := range b.Appends {
		if _, twice := accepted.LoadOrStore(a.Event.Seq, a.Event.ID); twice {
			f.t.Errorf("two events have the number %d", a.Event.Seq)
		}
	}
}

func (f *fixture) settleSome() error {
	copies, err := f.Waiting(f.t.Context(), store.WaitingQuery{Line: line(audit, added), Limit: 5, MaxBytes: 1 << 20})
	if err != nil {
		return err
	}
	var b store.Batch
	for _, c := range copies {
		b.Results = append(b.Results, store.Result{Plugin: audit, Seq: c.Event.Seq, State: store.Done, Attempts: 1, At: c.Event.ReceivedAt})
	}
	return f.Commit(f.t.Context(), &b)
}

func (f *fixture) readWhole() error {
	copies, err := f.Waiting(f.t.Context(), store.WaitingQuery{Line: line(mailer, added), Limit: 10_000, MaxBytes: 1 << 30})
	if len(copies)%2 != 0 || !slices.IsSorted(seqs(copies)) {
		f.t.Errorf("%d copies wait of batches of two, in order: %v", len(copies), slices.IsSorted(seqs(copies)))
	}
	return err
}

func (f *fixture) countWhole() error {
	s, err := f.Stats(f.t.Context())
	if s.Events%2 != 0 {
		f.t.Errorf("%d events of batches of two", s.Events)
	}
	return err
}

func onceTogether(f *fixture) {
	f.open(Options{})
	var wins atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			e := f.event(added)
			e.Key = "k"
			b := store.Batch{Appends: []store.Append{{Event: e, Plugins: []string{audit}, Once: true}}}
			if err := f.Commit(f.t.Context(), &b); err != nil {
				f.t.Error(err)
			}
			if !b.Appends[0].Duplicate {
				wins.Add(1)
			}
		})
	}
	all.Wait()
	f.same("how many won", wins.Load(), int32(1))
	f.same("the events", f.stats().Events, int64(1))
}

// moveTogether moves a plugin to another name and back for as long as events for both
// arrive.
func moveTogether(f *fixture) {
	const writers, rounds = 4, 12
	f.open(Options{})
	var left, accepted atomic.Int32
	left.Store(writers)
	var writing sync.WaitGroup
	for range writers {
		writing.Go(func() {
			defer left.Add(-1)
			for round := range rounds {
				plugins := [][]string{{audit}, {mailer}, {audit, mailer}}[round%3]
				b := store.Batch{Appends: []store.Append{{Event: f.event(added), Plugins: plugins}}}
				if err := f.Commit(f.t.Context(), &b); err != nil {
					f.t.Errorf("an event that arrived while a plugin was moved: %v", err)
					return
				}
				accepted.Add(1)
			}
		})
	}
	for from, to := audit, mailer; left.Load() > 0; from, to = to, from {
		if _, err := f.Move(f.t.Context(), from, to); err != nil && !errors.Is(err, store.ErrNotFound) {
			f.t.Error(err)
		}
	}
	writing.Wait()
	f.same("how many events have a copy", len(slices.Compact(seqs(f.all()))), int(accepted.Load()))
	before := f.answers()
	f.reopen()
	f.same("the answers after a restart", f.answers(), before)
	problems, err := f.Check(f.t.Context(), nil)
	f.must(err)
	f.same("the problems", problems, []string{})
}
