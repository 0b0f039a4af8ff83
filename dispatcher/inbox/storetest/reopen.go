package storetest

import (
	"path/filepath"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

func reopenPromises() promises {
	return promises{
		"a clean stop is known":    cleanStop,
		"everything is as it was":  func(f *fixture) { survives(f, f.reopen) },
		"an empty store is empty":  func(f *fixture) { survivesEmpty(f, f.reopen) },
		"deliveries go on from it": func(f *fixture) { goesOn(f, f.reopen) },
	}
}

func crashPromises() promises {
	return promises{
		"everything that was committed is as it was": func(f *fixture) { survives(f, f.crash) },
		"an empty store is empty":                    func(f *fixture) { survivesEmpty(f, f.crash) },
		"deliveries go on from it":                   func(f *fixture) { goesOn(f, f.crash) },
		"a second crash soon after loses nothing":    crashTwice,
		"a stop that was not clean is known":         uncleanStop,
	}
}

func cleanStop(f *fixture) {
	f.open(Options{})
	f.same("whether a new store had an unclean stop", f.stats().Unclean, false)
	f.add(added, audit)
	f.reopen()
	f.same("whether a clean stop is an unclean one", f.stats().Unclean, false)
	file := filepath.Join(f.folder(), "backup")
	f.must(f.Backup(f.t.Context(), file, nil))
	f.restored(file)
	f.same("whether a backup was of a store in use", f.stats().Unclean, true)
}

// uncleanStop has the second crash come before anything was written.
func uncleanStop(f *fixture) {
	f.open(Options{})
	f.add(added, audit)
	for range 2 {
		f.crash()
		f.same("whether a crash is an unclean stop", f.stats().Unclean, true)
	}
	f.reopen()
	f.same("whether a clean stop ends that", f.stats().Unclean, false)
	f.crash()
	f.same("whether a crash before the first commit is an unclean stop", f.stats().Unclean, true)
	f.reopen()
	s, ok := f.Store.(store.Leaver)
	if !ok {
		return
	}
	f.must(s.Leave())
	f.use(f.dir)
	f.same("whether a store that was left had an unclean stop", f.stats().Unclean, true)
}

// rich has something of everything in it.
func (f *fixture) rich() {
	f.t.Helper()
	f.subscribe(audit, "Sns.*", audit, "Group.*", mailer, "*")
	f.many(12)
	states := []store.State{store.Ready, store.Retry, store.Done, store.Dead, store.Dropped}
	for i, c := range f.all() {
		switch s := states[i%len(states)]; s {
		case store.Ready:
		case store.Dropped:
			f.drop(c.Plugin, c.Event.Seq)
		default:
			f.result(c.Plugin, c.Event.Seq, s)
		}
	}
	for _, c := range f.scan(store.ScanQuery{Filter: store.Filter{States: []store.State{store.Done}}, Limit: 2}) {
		f.requeue(store.Requeue{Plugin: c.Plugin, Seq: c.Event.Seq, Purpose: sdk.Replay})
		break
	}
	_, err := f.Unsubscribe(f.t.Context(), audit, "Group.*")
	f.must(err)
	f.trimAll()
	f.once("proven")
}

// answers are what a store says of all that it has.
type answers struct {
	Copies        []store.Copy
	Waiting       map[string][]store.Copy
	Due           map[string][]store.Copy
	Next          map[string]time.Time
	Subscriptions []store.Subscription
	Queues        []store.Queue
	Events        int64
	LastSeq       uint64
	Lost          bool
}

func (f *fixture) answers() answers {
	f.t.Helper()
	s := f.stats()
	a := answers{
		Copies: f.all(), Queues: s.Queues, Events: s.Events, LastSeq: s.LastSeq, Lost: s.Loss != nil,
		Waiting: map[string][]store.Copy{}, Due: map[string][]store.Copy{}, Next: map[string]time.Time{},
	}
	var err error
	a.Subscriptions, err = f.Subscriptions(f.t.Context())
	f.must(err)
	for _, plugin := range []string{audit, blacklist, mailer} {
		l := line(plugin, added, deleted, created)
		a.Waiting[plugin] = f.waiting(store.WaitingQuery{Line: l})
		a.Due[plugin], a.Next[plugin], err = f.Due(f.t.Context(),
			store.DueQuery{Line: l, Now: f.now().Add(time.Minute / 2), Limit: 100, MaxBytes: 1 << 20})
		f.must(err)
	}
	return a
}

func survives(f *fixture, again func()) {
	f.open(Options{})
	f.rich()
	want := f.answers()
	for range 2 {
		again()
		f.same("the answers", f.answers(), want)
		f.again("what was kept before", f.once("proven"))
	}
}

func survivesEmpty(f *fixture, again func()) {
	f.open(Options{})
	again()
	f.same("the copies", f.all(), []store.Copy{})
	f.same("the first number", f.add(added, audit).Seq, uint64(1))
}

func goesOn(f *fixture, again func()) {
	f.open(Options{})
	first, second := f.add(added, audit), f.add(added, audit)
	f.result(audit, first.Seq, store.Retry)
	again()
	f.commit(store.Batch{
		Appends: []store.Append{{Event: f.event(added), Plugins: []string{audit}}},
		Results: []store.Result{
			{Plugin: audit, Seq: first.Seq, State: store.Done, Attempts: 2, At: f.now()},
			{Plugin: audit, Seq: second.Seq, State: store.Done, Attempts: 1, At: f.now()},
		},
	})
	again()
	f.same("what waits", seqs(f.waiting(store.WaitingQuery{Line: line(audit, added), Retries: true})), []uint64{second.Seq + 1})
	f.same("how many go", f.trimAll(), 2)
}

func crashTwice(f *fixture) {
	f.open(Options{})
	var want []uint64
	for range 3 {
		want = append(want, f.add(added, audit).Seq)
		f.crash()
		want = append(want, f.add(added, audit).Seq)
		f.crash()
		f.same("what waits", seqs(f.waiting(store.WaitingQuery{Line: line(audit, added)})), want)
	}
}

func backupPromises() promises {
	return promises{
		"a backup holds everything":                  backupHolds,
		"a file that is there is not touched":        backupRefuses,
		"commits go on while a backup is written":    backupInUse,
		"nothing is wrong with a store that is well": checkWell,
	}
}

// restored goes on with what a backup holds.
func (f *fixture) restored(file string) {
	f.t.Helper()
	f.close()
	to := f.folder()
	f.must(f.im.Restore(file, to))
	f.use(to)
}

func backupHolds(f *fixture) {
	f.open(Options{})
	f.rich()
	want, file := f.answers(), filepath.Join(f.folder(), "backup")
	f.must(f.Backup(f.t.Context(), file, nil))
	f.add(added, audit)
	f.restored(file)
	f.same("the answers", f.answers(), want)
	f.again("what was kept before", f.once("proven"))
	f.same("the next number", f.add(added, audit).Seq, want.LastSeq+1)
}

func backupRefuses(f *fixture) {
	f.open(Options{})
	f.add(added, audit)
	file := filepath.Join(f.folder(), "backup")
	f.must(f.Backup(f.t.Context(), file, nil))
	f.add(added, audit)
	if err := f.Backup(f.t.Context(), file, nil); err == nil {
		f.t.Error("a backup took the place of an earlier one")
	}
	f.restored(file)
	f.same("the events of the earlier one", f.stats().Events, int64(1))
}

func backupInUse(f *fixture) {
	f.open(Options{})
	f.many(50)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
			}
			b := store.Batch{Appends: []store.Append{
				{Event: f.event(added), Plugins: []string{audit}}, {Event: f.event(added), Plugins: []string{audit}},
			}}
			if err := f.Commit(f.t.Context(), &b); err != nil {
				f.t.Error(err)
				return
			}
		}
	}()
	file := filepath.Join(f.folder(), "backup")
	err := f.Backup(f.t.Context(), file, f.progress())
	close(stop)
	<-done
	f.must(err)
	f.restored(file)
	events := f.stats().Events
	if events < 50 || events%2 != 0 {
		f.t.Errorf("a backup during commits of two events has %d", events)
	}
	f.same("the last number", f.stats().LastSeq, uint64(events)) //nolint:gosec // not negative
	problems, err := f.Check(f.t.Context(), nil)
	f.must(err)
	f.same("the problems of a backup", problems, []string{})
}

// progress watches that it is told sense.
func (f *fixture) progress() store.Progress {
	last := int64(0)
	return func(done, total int64) {
		if done < 0 || done > total || done < last {
			f.t.Errorf("%d of %d are done, after %d", done, total, last)
		}
		last = done
	}
}

func checkWell(f *fixture) {
	f.open(Options{})
	for range 2 {
		problems, err := f.Check(f.t.Context(), f.progress())
		f.must(err)
		f.same("the problems", problems, []string{})
		f.rich()
	}
}
