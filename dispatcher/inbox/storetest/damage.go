package storetest

import (
	"slices"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

func damagePromises() promises {
	return promises{
		"what is not as it was written is read as corrupt, and the rest is well": damageRead,
		"a check names what is damaged":                                          damageChecked,
		"a corrupt copy can be given up":                                         damageSettled,
	}
}

// damaged is a store with three events of which the second is damaged, and due.
func (f *fixture) damaged() (e []store.Event) {
	f.t.Helper()
	f.open(Options{})
	for range 3 {
		e = append(e, f.add(added, audit))
	}
	f.retry(audit, e[1].Seq, f.now())
	f.close()
	f.must(f.im.Damage(f.dir, e[1].Seq))
	f.use(f.dir)
	return e
}

func damageRead(f *fixture) {
	e := f.damaged()
	due, _, err := f.Due(f.t.Context(), store.DueQuery{Line: line(audit, added), Now: f.now().Add(time.Hour), Limit: 10, MaxBytes: 1 << 20})
	f.must(err)
	f.same("what is due", seqs(due), []uint64{e[1].Seq})
	for _, copies := range [][]store.Copy{f.all(), f.waiting(store.WaitingQuery{Line: line(audit, added), Retries: true})} {
		f.same("the events", seqs(copies), []uint64{e[0].Seq, e[1].Seq, e[2].Seq})
		f.same("the first", copies[0], store.Copy{Event: e[0], Plugin: audit})
		f.same("the third", copies[2], store.Copy{Event: e[2], Plugin: audit})
		due = append(due, copies[1])
	}
	for _, c := range due {
		if !c.Corrupt || c.Plugin != audit {
			f.t.Errorf("a damaged copy is read as %+v", c)
		}
	}
	if slices.ContainsFunc(f.scan(store.ScanQuery{Limit: 10}), func(c store.Copy) bool { return c.Corrupt }) {
		f.t.Error("a scan without bodies looked at a checksum")
	}
}

func damageChecked(f *fixture) {
	f.damaged()
	problems, err := f.Check(f.t.Context(), f.progress())
	f.must(err)
	if len(problems) != 1 {
		f.t.Errorf("a check of one damaged event found %q", problems)
	}
}

func damageSettled(f *fixture) {
	e := f.damaged()
	f.commit(store.Batch{Results: []store.Result{
		{Plugin: audit, Seq: e[1].Seq, State: store.Dead, Attempts: 1, At: f.now(), Reason: store.Corrupt, Error: "read 9 for 8"},
	}})
	f.same("what waits", seqs(f.waiting(store.WaitingQuery{Line: line(audit, added), Retries: true})), []uint64{e[0].Seq, e[2].Seq})
	c := f.copy(audit, e[1].Seq)
	if c.State != store.Dead || c.Reason != store.Corrupt || !c.Corrupt {
		f.t.Errorf("a corrupt dead letter is read as %+v", c)
	}
}
