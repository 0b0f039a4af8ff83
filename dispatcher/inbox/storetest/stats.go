package storetest

import (
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

func statsPromises() promises {
	return promises{
		"an empty store has nothing":                        statsEmpty,
		"copies are counted by plugin, command and state":   statsCounts,
		"the oldest is the oldest that waits":               statsOldest,
		"queues without copies are left out":                statsTrimmed,
		"every copy is counted once, whatever became of it": statsLaw,
	}
}

func statsEmpty(f *fixture) {
	f.open(Options{MaxBytes: smallStore})
	s := f.stats()
	if len(s.Queues) != 0 || s.Events != 0 || s.LastSeq != 0 || s.MaxBytes != smallStore || s.Loss != nil {
		f.t.Errorf("got %+v", s)
	}
	if s.SizeBytes < 0 || s.SizeBytes > smallStore || s.DiskFreeBytes < -1 {
		f.t.Errorf("an empty store takes %d bytes of %d", s.SizeBytes, s.DiskFreeBytes)
	}
}

func statsCounts(f *fixture) {
	f.open(Options{})
	first := f.add(added, mailer, audit)
	f.add(deleted, mailer)
	for _, s := range []store.State{store.Retry, store.Retry, store.Done, store.Done, store.Done, store.Dead} {
		f.result(audit, f.add(added, audit).Seq, s)
	}
	f.drop(audit, f.add(added, audit).Seq)
	s := f.stats()
	second := f.scan(store.ScanQuery{Filter: store.Filter{Command: deleted}, Limit: 1})[0].Event
	f.same("the queues", s.Queues, []store.Queue{
		{Plugin: audit, Command: added, Ready: 1, Retry: 2, Done: 3, Dead: 1, Dropped: 1, Oldest: first.ReceivedAt},
		{Plugin: mailer, Command: added, Ready: 1, Oldest: first.ReceivedAt},
		{Plugin: mailer, Command: deleted, Ready: 1, Oldest: second.ReceivedAt},
	})
	f.same("the events", s.Events, int64(9))
	f.same("the last number", s.LastSeq, uint64(9))
	if s.SizeBytes <= 0 {
		f.t.Errorf("nine events take %d bytes", s.SizeBytes)
	}
}

func statsOldest(f *fixture) {
	f.open(Options{})
	oldest := func() any { return f.stats().Queues[0].Oldest }
	e := []store.Event{f.add(added, audit), f.add(added, audit), f.add(added, audit)}
	f.same("at first", oldest(), e[0].ReceivedAt)
	f.result(audit, e[0].Seq, store.Retry)
	f.same("while the first is tried again", oldest(), e[0].ReceivedAt)
	f.result(audit, e[1].Seq, store.Done)
	f.result(audit, e[0].Seq, store.Dead)
	f.same("while the third alone waits", oldest(), e[2].ReceivedAt)
	f.requeue(store.Requeue{Plugin: audit, Seq: e[1].Seq})
	f.same("when the second is ready again", oldest(), e[1].ReceivedAt)
	f.result(audit, e[1].Seq, store.Done)
	f.result(audit, e[2].Seq, store.Done)
	if q := f.stats().Queues[0]; !q.Oldest.IsZero() {
		f.t.Errorf("nothing waits, the oldest since %v", q.Oldest)
	}
}

func statsTrimmed(f *fixture) {
	f.open(Options{})
	f.result(audit, f.add(added, audit).Seq, store.Done)
	keep := f.add(deleted, mailer)
	f.trimAll()
	s := f.stats()
	f.same("the queues", s.Queues, []store.Queue{{Plugin: mailer, Command: deleted, Ready: 1, Oldest: keep.ReceivedAt}})
	f.same("the events", s.Events, int64(1))
	f.same("the last number", s.LastSeq, keep.Seq)
}

func statsLaw(f *fixture) {
	f.open(Options{})
	f.rich()
	sum := func() (n int64) {
		for _, q := range f.stats().Queues {
			n += q.Ready + q.Retry + q.Done + q.Dead + q.Dropped
		}
		return n
	}
	f.same("the sum of all states", sum(), int64(len(f.all())))
	f.trimAll()
	f.same("the sum after a trim", sum(), int64(len(f.all())))
	f.reopen()
	f.same("the sum after a restart", sum(), int64(len(f.all())))
}
