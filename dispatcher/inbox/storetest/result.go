package storetest

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

func resultPromises() promises {
	return promises{
		"done ends the copy":                                                         resultDone,
		"retry waits until it is due":                                                resultRetry,
		"dead ends the copy with its reason":                                         resultDead,
		"the first attempt's time stays, the last one's moves":                       resultTimes,
		"a result concerns one plugin's copy only":                                   resultOfOne,
		"a result for a copy that is not waiting changes nothing":                    resultTooLate,
		"a result for what does not exist changes nothing":                           resultForNothing,
		"a commit says which results changed anything":                               resultChanged,
		"every reason comes back":                                                    resultReasons,
		"a long error is cut where a character ends":                                 resultLongError,
		"an error of the full length is kept whole":                                  resultFullError,
		"a done copy keeps nothing of the failures before it but Attempts and times": resultDoneAfterRetry,
	}
}

func resultDone(f *fixture) {
	f.open(Options{})
	e := f.add(added, audit)
	r := f.result(audit, e.Seq, store.Done)
	f.same("the copy", f.copy(audit, e.Seq),
		store.Copy{Event: e, Plugin: audit, State: store.Done, Attempts: 1, FirstAt: r.At, LastAt: r.At})
}

func resultRetry(f *fixture) {
	f.open(Options{})
	e := f.add(added, audit)
	r := f.result(audit, e.Seq, store.Retry)
	f.same("the copy", f.copy(audit, e.Seq), store.Copy{
		Event: e, Plugin: audit, State: store.Retry, Attempts: 1, FirstAt: r.At, LastAt: r.At, DueAt: r.DueAt, Error: r.Error,
	})
}

func resultDead(f *fixture) {
	f.open(Options{})
	e := f.add(added, audit)
	r := f.result(audit, e.Seq, store.Dead)
	f.same("the copy", f.copy(audit, e.Seq), store.Copy{
		Event: e, Plugin: audit, State: store.Dead, Attempts: 1, FirstAt: r.At, LastAt: r.At, Reason: r.Reason, Error: r.Error,
	})
}

func resultTimes(f *fixture) {
	f.open(Options{})
	e := f.add(added, audit)
	first := f.result(audit, e.Seq, store.Retry).At
	var last time.Time
	for attempt := 2; attempt <= 4; attempt++ {
		last = f.pass(time.Minute)
		f.commit(store.Batch{Results: []store.Result{{
			Plugin: audit, Seq: e.Seq, State: store.Retry, Attempts: attempt, At: last, DueAt: last.Add(time.Hour), Error: "still busy",
		}}})
	}
	f.same("the copy", f.copy(audit, e.Seq), store.Copy{
		Event: e, Plugin: audit, State: store.Retry, Attempts: 4, FirstAt: first, LastAt: last, DueAt: last.Add(time.Hour), Error: "still busy",
	})
}

func resultDoneAfterRetry(f *fixture) {
	f.open(Options{})
	e := f.add(added, audit)
	first := f.result(audit, e.Seq, store.Retry).At
	last := f.pass(time.Minute)
	f.commit(store.Batch{Results: []store.Result{{Plugin: audit, Seq: e.Seq, State: store.Done, Attempts: 2, At: last, DueAt: last}}})
	f.same("the copy", f.copy(audit, e.Seq),
		store.Copy{Event: e, Plugin: audit, State: store.Done, Attempts: 2, FirstAt: first, LastAt: last})
}

func resultOfOne(f *fixture) {
	f.open(Options{})
	one, other := f.add(added, audit, mailer), f.add(added, audit)
	f.result(audit, one.Seq, store.Done)
	f.same("the other plugin's copy", f.copy(mailer, one.Seq), store.Copy{Event: one, Plugin: mailer})
	f.same("the other event's copy", f.copy(audit, other.Seq), store.Copy{Event: other, Plugin: audit})
}

func resultTooLate(f *fixture) {
	f.open(Options{})
	done, dead, dropped := f.add(added, audit), f.add(added, audit), f.add(added, audit)
	f.result(audit, done.Seq, store.Done)
	f.result(audit, dead.Seq, store.Dead)
	f.drop(audit, dropped.Seq)
	before := f.all()
	for _, e := range []store.Event{done, dead, dropped} {
		for _, s := range []store.State{store.Done, store.Retry, store.Dead} {
			late := f.commit(store.Batch{Results: []store.Result{{
				Plugin: audit, Seq: e.Seq, State: s, Attempts: 9, At: f.pass(time.Hour), DueAt: f.now(), Error: "late", Changed: true,
			}}})
			f.same("that it changed anything", late.Results[0].Changed, false)
		}
	}
	f.same("the copies", f.all(), before)
	f.same("the counts", f.stats().Queues, []store.Queue{{Plugin: audit, Command: added, Done: 1, Dead: 1, Dropped: 1}})
}

func resultForNothing(f *fixture) {
	f.open(Options{})
	e := f.add(added, audit)
	stray := f.commit(store.Batch{Results: []store.Result{
		{Plugin: mailer, Seq: e.Seq, State: store.Done, Attempts: 1, At: f.now()},
		{Plugin: audit, Seq: e.Seq + 1, State: store.Done, Attempts: 1, At: f.now()},
		{Plugin: audit, Seq: 0, State: store.Dead, Attempts: 1, At: f.now()},
	}})
	for _, r := range stray.Results {
		f.same("that it changed anything", r.Changed, false)
	}
	f.same("the copies", f.all(), []store.Copy{{Event: e, Plugin: audit}})
}

func resultChanged(f *fixture) {
	f.open(Options{})
	e := f.add(added, audit)
	for _, c := range []struct {
		state   store.State
		changed bool
	}{{store.Retry, true}, {store.Retry, true}, {store.Done, true}, {store.Retry, false}, {store.Done, false}} {
		b := f.commit(store.Batch{Results: []store.Result{
			{Plugin: audit, Seq: e.Seq, State: c.state, Attempts: 1, At: f.now(), DueAt: f.now(), Changed: !c.changed},
		}})
		f.same("that "+c.state.String()+" changed the copy", b.Results[0].Changed, c.changed)
	}
}

func resultReasons(f *fixture) {
	f.open(Options{})
	for _, reason := range store.Reasons() {
		e := f.add(added, audit)
		f.commit(store.Batch{Results: []store.Result{
			{Plugin: audit, Seq: e.Seq, State: store.Dead, Attempts: 1, At: f.now(), Reason: reason},
		}})
		f.same(reason.String(), f.copy(audit, e.Seq).Reason, reason)
	}
}

func resultLongError(f *fixture) {
	f.open(Options{})
	for _, unit := range []string{"x", "ä", "€", "💥"} {
		for shift := range 4 {
			text := strings.Repeat("-", shift) + strings.Repeat(unit, store.MaxError)
			e := f.add(added, audit)
			f.commit(store.Batch{Results: []store.Result{{
				Plugin: audit, Seq: e.Seq, State: store.Dead, Attempts: 1, At: f.now(), Reason: store.Permanent, Error: text,
			}}})
			got := f.copy(audit, e.Seq).Error
			if !utf8.ValidString(got) || !strings.HasPrefix(text, got) || len(got) > store.MaxError || len(got) <= store.MaxError-len(unit) {
				f.t.Errorf("%d bytes of %q after %d are kept, valid: %v", len(got), unit, shift, utf8.ValidString(got))
			}
		}
	}
}

func resultFullError(f *fixture) {
	f.open(Options{})
	text := strings.Repeat("ä", store.MaxError/2)
	e := f.add(added, audit)
	f.commit(store.Batch{Results: []store.Result{
		{Plugin: audit, Seq: e.Seq, State: store.Retry, Attempts: 1, At: f.now(), DueAt: f.now(), Error: text},
	}})
	f.same("the error", f.copy(audit, e.Seq).Error, text)
}
