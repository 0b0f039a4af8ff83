package storetest

import (
	"bytes"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

func contentPromises() promises {
	return promises{
		"any bytes make a body":                        anyBody,
		"the caller may use the body's memory again":   bodyIsCopied,
		"what is read may be written to":               readIsCopied,
		"ReceivedAt is kept to the microsecond in UTC": microsecondsUTC,
		"texts may be empty or in any script":          anyText,
	}
}

func anyBody(f *fixture) {
	f.open(Options{})
	bodies := [][]byte{
		nil,
		{},
		{0},
		[]byte("a\x00b"),
		{0xff, 0xfe, 0xc3, 0x28},
		[]byte("\ufeff{}"), []byte("' OR 1=1 --"),
		bytes.Repeat([]byte{0, 1, 0xff}, 300_000),
	}
	var want []uint64
	for _, body := range bodies {
		e := f.event(added)
		e.Body = body
		want = append(want, f.append(store.Append{Event: e, Plugins: []string{audit}}).Event.Seq)
	}
	f.reopen()
	for _, copies := range [][]store.Copy{f.all(), f.waiting(store.WaitingQuery{Line: line(audit, added)})} {
		f.same("the events", seqs(copies), want)
		for i, c := range copies {
			if c.Corrupt || !bytes.Equal(c.Event.Body, bodies[i]) {
				f.t.Errorf("body %d came back with %d of %d bytes, corrupt: %v", i, len(c.Event.Body), len(bodies[i]), c.Corrupt)
			}
		}
	}
}

func anyText(f *fixture) {
	f.open(Options{})
	e := f.event(added)
	e.Key, e.AppID, e.ClientIP, e.Platform = "", "", "", ""
	bare := f.append(store.Append{Event: e, Plugins: []string{audit}}).Event
	e = f.event("Weird.*'\"%_命令")
	e.Key, e.Platform = "键\x00'", "%_"
	odd := f.append(store.Append{Event: e, Plugins: []string{"插件'%"}}).Event
	f.reopen()
	f.same("the bare event", f.copy(audit, bare.Seq).Event, bare)
	f.same("the odd event", f.copy("插件'%", odd.Seq).Event, odd)
	f.same("what waits", seqs(f.waiting(store.WaitingQuery{Line: line("插件'%", odd.Command)})), []uint64{odd.Seq})
}

func bodyIsCopied(f *fixture) {
	f.open(Options{})
	e := f.event(added)
	e.Body = []byte("before")
	seq := f.append(store.Append{Event: e, Plugins: []string{audit}}).Event.Seq
	copy(e.Body, "after!")
	f.same("the body", string(f.copy(audit, seq).Event.Body), "before")
}

func readIsCopied(f *fixture) {
	f.open(Options{})
	want := f.add(added, audit, mailer)
	copies := append(f.all(), f.waiting(store.WaitingQuery{Line: line(audit, added)})...)
	for _, c := range copies {
		c.Event.Body[0] = '!'
	}
	f.same("the event", f.copy(mailer, want.Seq).Event, want)
}

func microsecondsUTC(f *fixture) {
	f.open(Options{})
	e := f.event(added)
	e.ReceivedAt = e.ReceivedAt.Add(789 * time.Nanosecond).In(time.FixedZone("CST", 8*3600))
	seq := f.append(store.Append{Event: e, Plugins: []string{audit}}).Event.Seq
	for _, c := range append(f.waiting(store.WaitingQuery{Line: line(audit, added)}), f.copy(audit, seq)) {
		want := e.ReceivedAt.UTC().Truncate(time.Microsecond)
		if got := c.Event.ReceivedAt; !got.Equal(want) || got.Location() != time.UTC {
			f.t.Errorf("received at %v, not %v", got, want)
		}
	}
	f.result(audit, seq, store.Retry)
	c := f.copy(audit, seq)
	for _, got := range []time.Time{c.FirstAt, c.LastAt, c.DueAt} {
		if got.Location() != time.UTC || got.IsZero() {
			f.t.Errorf("a time of an attempt is %v", got)
		}
	}
}
