package jetstream

import (
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/logpb"
	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// encode writes an entry as the log keeps it. What is in it has been validated; bodies are
// lent to the result.
func encode(e *sqlite.Entry) *logpb.Entry {
	p := &logpb.Entry{NowUnixMicros: micros(e.Now), WindowMicros: e.Window.Microseconds(), Trim: e.Trim}
	if e.Batch != nil {
		p.Batch = encodeBatch(e.Batch)
	}
	for _, s := range e.Subscribe {
		p.Subscribe = append(p.Subscribe, &logpb.Subscription{
			Plugin: s.Plugin, Pattern: s.Pattern, SinceUnixMicros: micros(s.Since),
		})
	}
	if u := e.Unsubscribe; u != nil {
		p.Unsubscribe = &logpb.Unsubscribe{Plugin: u.Plugin, Pattern: u.Pattern}
	}
	if m := e.Move; m != nil {
		p.Move = &logpb.Move{From: m.From, To: m.To}
	}
	return p
}

func encodeBatch(b *store.Batch) *logpb.Batch {
	return &logpb.Batch{
		Appends: encodeAppends(b.Appends), Results: encodeResults(b.Results),
		Requeues: encodeRequeues(b.Requeues), Drops: encodeDrops(b.Drops),
	}
}

// encodeAppends makes its messages in two pieces of memory: there may be hundreds, for each
// commit.
func encodeAppends(all []store.Append) []*logpb.Append {
	appends, events := make([]logpb.Append, len(all)), make([]logpb.Event, len(all))
	list := make([]*logpb.Append, len(all))
	for i := range all {
		e, p, a := &all[i].Event, &events[i], &appends[i]
		p.Id, p.Key, p.Command, p.AppId, p.ClientIp, p.Platform = e.ID, e.Key, e.Command, e.AppID, e.ClientIP, e.Platform
		p.ReceivedUnixMicros, p.Body = micros(e.ReceivedAt), e.Body
		a.Event, a.Plugins, a.Once = p, all[i].Plugins, all[i].Once
		list[i] = a
	}
	return list
}

func encodeResults(all []store.Result) []*logpb.Result {
	results, list := make([]logpb.Result, len(all)), make([]*logpb.Result, len(all))
	for i := range all {
		r, p := &all[i], &results[i]
		p.Plugin, p.Seq, p.State, p.Attempts = r.Plugin, r.Seq, logStates()[r.State], int64(r.Attempts)
		p.AtUnixMicros, p.DueUnixMicros = micros(r.At), micros(r.DueAt)
		p.Reason, p.Error = logReasons()[r.Reason], store.Shortened(r.Error)
		list[i] = p
	}
	return list
}

func encodeRequeues(all []store.Requeue) []*logpb.Requeue {
	list := make([]*logpb.Requeue, len(all))
	for i, r := range all {
		list[i] = &logpb.Requeue{
			Plugin: r.Plugin, Seq: r.Seq, Purpose: logPurposes()[r.Purpose], Command: r.Command, OnlyNew: r.OnlyNew,
		}
	}
	return list
}

func encodeDrops(all []store.Drop) []*logpb.Drop {
	list := make([]*logpb.Drop, len(all))
	for i, d := range all {
		list[i] = &logpb.Drop{Plugin: d.Plugin, Seq: d.Seq}
	}
	return list
}

// micros is an instant as the log has it; 0 is none.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}
