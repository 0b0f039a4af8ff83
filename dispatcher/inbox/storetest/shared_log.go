package storetest

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

func logPromises() sharedPromises {
	return sharedPromises{
		"all have what any commits, in one order and with the same numbers":   oneOrder,
		"what another has committed makes a duplicate":                        duplicateOfAnother,
		"all have what any finishes, and its copies wait no more":             resultOfAnother,
		"what one moves or unsubscribes is moved and unsubscribed for others": reshapedByAnother,
		"one that comes later has all there was":                              latecomer,
	}
}

func oneOrder(f *sharedFixture) {
	const commits = 20
	var stores []store.Shared
	var watchers []*told
	for range 3 {
		s, w := f.join()
		stores, watchers = append(stores, s), append(watchers, w)
	}
	var committing sync.WaitGroup
	for i, s := range stores {
		committing.Go(func() {
			for range commits {
				b := store.Batch{Appends: []store.Append{{Event: f.event(added), Plugins: []string{audit}}}}
				if err := s.Commit(context.Background(), &b); err != nil {
					f.t.Errorf("commit: %v", err)
					return
				}
				if _, numbers := watchers[i].ids(); !slices.Contains(numbers, b.Appends[0].Event.Seq) {
					f.t.Errorf("event %d is committed, and was not told", b.Appends[0].Event.Seq)
				}
			}
		})
	}
	committing.Wait()
	for i, w := range watchers {
		f.eventually("all is told", func() bool { ids, _ := w.ids(); return len(ids) == 3*commits })
		ids, numbers := w.ids()
		want, _ := watchers[0].ids()
		f.same("the order of the events", ids, want)
		if !slices.IsSorted(numbers) {
			f.t.Errorf("the numbers are not in order: %v", numbers)
		}
		if w.own != commits {
			f.t.Errorf("%d events are its own, want %d", w.own, commits)
		}
		page, err := stores[i].Scan(f.t.Context(), store.ScanQuery{Bodies: true})
		f.must(err)
		first, err := stores[0].Scan(f.t.Context(), store.ScanQuery{Bodies: true})
		f.must(err)
		f.same("what it has", page.Copies, first.Copies)
	}
}

func duplicateOfAnother(f *sharedFixture) {
	one, _ := f.join()
	other, _ := f.join()
	e := f.event(added)
	f.commitTo(one, store.Batch{Appends: []store.Append{{Event: e, Plugins: []string{audit}, Once: true}}})
	again := f.event(added)
	again.Key = e.Key
	b := f.commitTo(other, store.Batch{Appends: []store.Append{{Event: again, Plugins: []string{audit}, Once: true}}})
	if !b.Appends[0].Duplicate {
		f.t.Error("it is taken for a new one")
	}
}

func resultOfAnother(f *sharedFixture) {
	one, _ := f.join()
	other, w := f.join()
	seqs := f.addTo(one, 3, audit)
	done := store.Result{Plugin: audit, Seq: seqs[1], State: store.Done, Attempts: 1, At: f.now()}
	b := f.commitTo(other, store.Batch{Results: []store.Result{done}})
	if !b.Results[0].Changed {
		f.t.Error("the result of another's event changes nothing")
	}
	for _, s := range []store.Shared{one, other} {
		f.eventually("it waits no more", func() bool {
			left, err := s.Copies(f.t.Context(), audit, seqs)
			f.must(err)
			return slices.Equal(events(left), []uint64{seqs[0], seqs[2]})
		})
	}
	again := f.commitTo(one, store.Batch{Results: []store.Result{done}})
	if again.Results[0].Changed || w.finished() == 0 {
		f.t.Error("the same result changes it again, or the other was not told")
	}
}

func reshapedByAnother(f *sharedFixture) {
	one, _ := f.join()
	other, w := f.join()
	f.must(one.Subscribe(f.t.Context(), store.Subscription{Plugin: audit, Pattern: added, Since: f.now()}))
	seqs := f.addTo(one, 2, audit)
	copies, err := one.Move(f.t.Context(), audit, mailer)
	f.must(err)
	if copies != 2 {
		f.t.Errorf("%d copies are moved", copies)
	}
	f.eventually("the other is told of both names", func() bool { return w.has(audit) && w.has(mailer) })
	moved, err := other.Copies(f.t.Context(), mailer, seqs)
	f.must(err)
	f.same("what is moved", events(moved), seqs)
	dead, err := other.Unsubscribe(f.t.Context(), mailer, added)
	f.must(err)
	if dead != 2 {
		f.t.Errorf("%d dead letters", dead)
	}
	if _, err := one.Unsubscribe(f.t.Context(), mailer, added); !errors.Is(err, store.ErrNotFound) {
		f.t.Errorf("what another has unsubscribed is unsubscribed again: %v", err)
	}
}

func latecomer(f *sharedFixture) {
	one, _ := f.join()
	seqs := f.addTo(one, 5, audit)
	f.commitTo(one, store.Batch{Requeues: []store.Requeue{{Plugin: mailer, Seq: seqs[0], Purpose: sdk.Live}}})
	late, _ := f.join()
	page, err := late.Scan(f.t.Context(), store.ScanQuery{Bodies: true})
	f.must(err)
	first, err := one.Scan(f.t.Context(), store.ScanQuery{Bodies: true})
	f.must(err)
	f.same("what it has", page.Copies, first.Copies)
	if next := f.addTo(late, 1, audit); next[0] <= seqs[4] {
		f.t.Errorf("event %d comes after %d", next[0], seqs[4])
	}
}

func events(copies []store.Copy) (all []uint64) {
	for _, c := range copies {
		all = append(all, c.Event.Seq)
	}
	return all
}
