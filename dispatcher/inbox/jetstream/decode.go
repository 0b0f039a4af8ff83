package jetstream

import (
	"errors"
	"fmt"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/logpb"
	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

// errUnknown is in the error of an entry that says what this gateway has no word for. To
// pass over it would make its view another than that of the others.
var errUnknown = errors.New("the log has an entry that this version does not understand")

// decode reads an entry. Bodies, and the list of what to trim, are the record's own.
func decode(r cluster.Record) (sqlite.Entry, error) {
	p := r.Entry
	e := sqlite.Entry{
		Mark: r.Mark, ID: r.ID, Now: instant(p.GetNowUnixMicros()), Window: time.Duration(p.GetWindowMicros()) * time.Microsecond, Trim: p.GetTrim(),
	}
	for _, s := range p.GetSubscribe() {
		e.Subscribe = append(e.Subscribe, store.Subscription{
			Plugin: s.GetPlugin(), Pattern: s.GetPattern(), Since: instant(s.GetSinceUnixMicros()),
		})
	}
	if u := p.GetUnsubscribe(); u != nil {
		e.Unsubscribe = &store.Subscription{Plugin: u.GetPlugin(), Pattern: u.GetPattern()}
	}
	if m := p.GetMove(); m != nil {
		e.Move = &sqlite.Move{From: m.GetFrom(), To: m.GetTo()}
	}
	if p.GetBatch() == nil {
		return e, nil
	}
	var err error
	if e.Batch, err = decodeBatch(p.GetBatch()); err != nil {
		return e, fmt.Errorf("read entry %d of the log: %w", r.Mark, err)
	}
	return e, nil
}

func decodeBatch(p *logpb.Batch) (b *store.Batch, err error) {
	b = &store.Batch{Appends: decodeAppends(p.GetAppends())}
	if b.Results, err = decodeResults(p.GetResults()); err != nil {
		return nil, err
	}
	for _, r := range p.GetRequeues() {
		purpose, err := own[sdk.Purpose](logPurposes(), r.GetPurpose())
		if err != nil {
			return nil, err
		}
		b.Requeues = append(b.Requeues, store.Requeue{
			Plugin: r.GetPlugin(), Seq: r.GetSeq(), Purpose: purpose, Command: r.GetCommand(), OnlyNew: r.GetOnlyNew(),
		})
	}
	for _, d := range p.GetDrops() {
		b.Drops = append(b.Drops, store.Drop{Plugin: d.GetPlugin(), Seq: d.GetSeq()})
	}
	return b, nil
}

func decodeAppends(list []*logpb.Append) []store.Append {
	all := make([]store.Append, len(list))
	for i, a := range list {
		e := a.GetEvent()
		all[i] = store.Append{Plugins: a.GetPlugins(), Once: a.GetOnce(), Event: store.Event{
			ID: e.GetId(), Key: e.GetKey(), Command: e.GetCommand(), AppID: e.GetAppId(), ClientIP: e.GetClientIp(),
			Platform: e.GetPlatform(), ReceivedAt: instant(e.GetReceivedUnixMicros()), Body: e.GetBody(),
		}}
	}
	return all
}

func decodeResults(list []*logpb.Result) ([]store.Result, error) {
	all := make([]store.Result, len(list))
	for i, r := range list {
		state, failed := own[store.State](logStates(), r.GetState())
		reason, err := own[store.Reason](logReasons(), r.GetReason())
		if err = errors.Join(failed, err); err != nil {
			return nil, err
		}
		all[i] = store.Result{
			Plugin: r.GetPlugin(), Seq: r.GetSeq(), State: state, Attempts: int(r.GetAttempts()),
			At: instant(r.GetAtUnixMicros()), DueAt: instant(r.GetDueUnixMicros()), Reason: reason, Error: r.GetError(),
		}
	}
	return all, nil
}

// instant is what micros has written.
func instant(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}
