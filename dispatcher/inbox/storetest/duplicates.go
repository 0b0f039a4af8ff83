package storetest

import (
	"errors"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

func duplicatePromises() promises {
	return promises{
		"a key that proves its occurrence is kept once within the window": duplicateWithin,
		"the window ends": duplicateAfter,
		"a duplicate does not begin the window anew":              duplicateDoesNotExtend,
		"a restart does not end the window":                       duplicateReopened,
		"a clock that was wrong does not prolong the window":      duplicateSetBack,
		"a trim does not end the window":                          duplicateTrimmed,
		"two in one batch are one":                                duplicateInBatch,
		"add, delete and add again without Once are three events": threeEvents,
		"without Once a key proves nothing":                       duplicateNeedsOnce,
		"a commit that failed begins no window":                   duplicateOfFailure,
		"the other events of a duplicate's batch are kept":        duplicateAmongOthers,
	}
}

func (f *fixture) once(key string) store.Append {
	f.t.Helper()
	e := f.event(added)
	e.Key = key
	return f.append(store.Append{Event: e, Plugins: []string{audit}, Once: true})
}

// first and again say what an append was.
func (f *fixture) first(what string, a store.Append) {
	f.t.Helper()
	if a.Duplicate || a.Event.Seq == 0 {
		f.t.Errorf("%s: a first one is a duplicate, number %d", what, a.Event.Seq)
	}
}

func (f *fixture) again(what string, a store.Append) {
	f.t.Helper()
	if !a.Duplicate || a.Event.Seq != 0 {
		f.t.Errorf("%s: a duplicate is a first one, number %d", what, a.Event.Seq)
	}
}

func duplicateWithin(f *fixture) {
	f.open(Options{DuplicateWindow: time.Minute})
	f.first("at first", f.once("k"))
	f.pass(50 * time.Second)
	f.again("within the window", f.once("k"))
	f.first("another key", f.once("l"))
	f.same("the events", f.stats().Events, int64(2))
}

func duplicateAfter(f *fixture) {
	f.open(Options{DuplicateWindow: time.Minute})
	f.first("at first", f.once("k"))
	f.pass(61 * time.Second)
	f.first("after the window", f.once("k"))
	f.pass(50 * time.Second)
	f.again("within its own window", f.once("k"))
	f.same("the events", f.stats().Events, int64(2))
}

func duplicateDoesNotExtend(f *fixture) {
	f.open(Options{DuplicateWindow: time.Minute})
	f.first("at first", f.once("k"))
	f.pass(40 * time.Second)
	f.again("after 40 s", f.once("k"))
	f.pass(40 * time.Second)
	f.first("after 80 s", f.once("k"))
}

// duplicateSetBack has a clock that runs far ahead, and is set right: what was seen by
// it must not keep the same key away until that day comes.
func duplicateSetBack(f *fixture) {
	f.open(Options{DuplicateWindow: time.Minute})
	f.first("at first", f.once("k"))
	f.pass(-50 * time.Second)
	f.again("after the clock was set back a little", f.once("k"))
	f.pass(-24 * 365 * time.Hour)
	f.first("after it was set back a year", f.once("k"))
	f.again("within the window of that", f.once("k"))
}

func duplicateReopened(f *fixture) {
	f.open(Options{DuplicateWindow: time.Minute})
	f.first("at first", f.once("k"))
	f.reopen()
	f.again("after a restart", f.once("k"))
	f.pass(61 * time.Second)
	f.reopen()
	f.first("after the window and a restart", f.once("k"))
}

func duplicateTrimmed(f *fixture) {
	f.open(Options{DuplicateWindow: time.Hour})
	a := f.once("k")
	f.result(audit, a.Event.Seq, store.Done)
	f.trimAll()
	f.again("after a trim", f.once("k"))
	f.same("the events", f.stats().Events, int64(0))
}

func duplicateInBatch(f *fixture) {
	f.open(Options{})
	a, b, c := f.event(added), f.event(added), f.event(added)
	a.Key, b.Key, c.Key = "k", "k", "l"
	appends := f.commit(store.Batch{Appends: []store.Append{
		{Event: a, Plugins: []string{audit}, Once: true},
		{Event: b, Plugins: []string{audit, mailer}, Once: true},
		{Event: c, Plugins: []string{audit}, Once: true},
	}}).Appends
	f.first("the first", appends[0])
	f.again("the second", appends[1])
	f.first("the third", appends[2])
	f.same("what there is", seqs(f.all()), []uint64{appends[0].Event.Seq, appends[2].Event.Seq})
}

func threeEvents(f *fixture) {
	f.open(Options{})
	for _, command := range []string{added, deleted, added} {
		e := f.event(command)
		e.Key = "ann and bob"
		f.first(command, f.append(store.Append{Event: e, Plugins: []string{audit}}))
	}
	f.same("the copies", len(f.waiting(store.WaitingQuery{Line: line(audit, added, deleted)})), 3)
}

func duplicateNeedsOnce(f *fixture) {
	f.open(Options{})
	plain := func() store.Append {
		e := f.event(added)
		e.Key = "k"
		return f.append(store.Append{Event: e, Plugins: []string{audit}})
	}
	f.first("without Once", plain())
	f.first("the first with Once", f.once("k"))
	f.first("without Once again", plain())
	f.again("the second with Once", f.once("k"))
}

func duplicateOfFailure(f *fixture) {
	f.open(Options{MaxBytes: smallStore})
	f.fill()
	e := f.event(added)
	e.Key, e.Body = "k", make([]byte, largeBody)
	err := f.Commit(f.t.Context(), &store.Batch{Appends: []store.Append{{Event: e, Plugins: []string{audit}, Once: true}}})
	if !errors.Is(err, store.ErrFull) {
		f.t.Fatalf("a full store took an event: %v", err)
	}
	f.empty()
	f.first("once there is room", f.once("k"))
}

func duplicateAmongOthers(f *fixture) {
	f.open(Options{})
	f.first("at first", f.once("k"))
	e, other := f.event(added), f.event(added)
	e.Key = "k"
	b := f.commit(store.Batch{Appends: []store.Append{
		{Event: e, Plugins: []string{audit}, Once: true}, {Event: other, Plugins: []string{audit}},
	}})
	f.again("the duplicate", b.Appends[0])
	f.first("the other", b.Appends[1])
	f.same("the other's id", f.copy(audit, b.Appends[1].Event.Seq).Event.ID, other.ID)
}
