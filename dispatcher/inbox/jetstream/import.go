package jetstream

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

// importPage is how many copies are read, and brought over, at a time.
const importPage = 200

// ErrDamaged is in the error of an [Import] that has left damaged copies behind.
var ErrDamaged = errors.New("damaged copies are left behind")

// Import brings what is unfinished in an inbox that is not in use over to the one on a
// cluster, which may be: the events of which a copy waits or is dead, those copies as they
// are, and the subscriptions. What is done stays behind, and with it the keys by which
// duplicates are told. It returns how many events it has brought. It may be interrupted, and
// called again: what is there is not brought twice.
//
// Until it is known what became of an event's copies so far, nobody is handed them.
func Import(ctx context.Context, from store.Store, to *Store, progress store.Progress) (events int64, err error) {
	i := &importer{from: from, to: to, progress: progress}
	if i.progress == nil {
		i.progress = func(_, _ int64) {}
	}
	if err := i.run(ctx); err != nil {
		return i.events, fmt.Errorf("bring an inbox over to the cluster: %w", err)
	}
	return i.events, nil
}

// importer is an Import under way.
type importer struct {
	from         store.Store
	to           *Store
	progress     store.Progress
	events       int64 // brought
	done, copies int64 // seen, and there are
	damaged      int64
}

func (i *importer) run(ctx context.Context) error {
	subscriptions, err := i.from.Subscriptions(ctx)
	if err != nil {
		return fmt.Errorf("read the subscriptions: %w", err)
	}
	if err := i.to.Subscribe(ctx, subscriptions...); err != nil {
		return err
	}
	stats, err := i.from.Stats(ctx)
	if err != nil {
		return fmt.Errorf("count what there is: %w", err)
	}
	for _, q := range stats.Queues {
		i.copies += q.Waiting() + q.Dead
	}
	q := store.ScanQuery{
		Filter: store.Filter{States: []store.State{store.Ready, store.Retry, store.Dead}}, Limit: importPage, Bodies: true,
	}
	var held []imported // the last event of a page may go on in the next
	for {
		page, err := i.from.Scan(ctx, q)
		if err != nil {
			return fmt.Errorf("read what there is: %w", err)
		}
		held = i.collect(held, page.Copies)
		ready := held
		if page.Next != nil {
			ready = held[:max(0, len(held)-1)]
		}
		if err := i.bring(ctx, ready); err != nil {
			return err
		}
		held = append([]imported(nil), held[len(ready):]...)
		i.progress(min(i.done, i.copies), i.copies)
		if page.Next == nil {
			break
		}
		q.After = page.Next
	}
	if i.damaged > 0 {
		return fmt.Errorf("%w: %d of them; `switchhook inbox check` names them", ErrDamaged, i.damaged)
	}
	return nil
}

// imported is an event with its unfinished copies.
type imported struct {
	event  store.Event
	copies []store.Copy
	fresh  bool // it was not there before
}

// collect puts copies to their events. What is damaged is counted.
func (i *importer) collect(held []imported, copies []store.Copy) []imported {
	for _, c := range copies {
		i.done++
		if c.Corrupt {
			i.damaged++
			continue
		}
		if n := len(held); n == 0 || held[n-1].event.Seq != c.Event.Seq {
			held = append(held, imported{event: c.Event})
		}
		last := &held[len(held)-1]
		last.copies = append(last.copies, c)
	}
	return held
}

// bring appends those events that are not there yet, then has their copies be what they
// were, and then hands out what is ready.
func (i *importer) bring(ctx context.Context, events []imported) error {
	if err := i.append(ctx, events); err != nil {
		return err
	}
	var p past
	for n := range events {
		there, err := i.there(ctx, events[n].event.ID)
		if err != nil {
			return err
		}
		events[n].find(there)
		for _, c := range events[n].copies {
			p.recall(c)
		}
	}
	for _, b := range []*store.Batch{&p.purposes, &p.states} {
		if len(b.Results) == 0 {
			continue
		}
		if err := i.to.commit(ctx, b, nil); err != nil {
			return fmt.Errorf("bring the state of %d events over: %w", len(events), err)
		}
	}
	return i.offer(ctx, events)
}

// find leaves those copies that are new there, which have gone nowhere yet, and gives them
// their number.
func (e *imported) find(there []store.Copy) {
	e.copies = slices.DeleteFunc(e.copies, func(c store.Copy) bool {
		return !slices.ContainsFunc(there, func(now store.Copy) bool {
			return now.Plugin == c.Plugin && now.State == store.Ready && now.Attempts == 0
		})
	})
	for n := range e.copies {
		e.copies[n].Event.Seq = there[0].Event.Seq
	}
}

// offer has the copies handed out that are ready. What an earlier call has brought may be in
// somebody's hands; it is offered when it turns out that nobody has it.
func (i *importer) offer(ctx context.Context, events []imported) error {
	ready := map[string][]uint64{}
	for _, e := range events {
		for _, c := range e.copies {
			if e.fresh && c.State == store.Ready {
				ready[c.Plugin] = append(ready[c.Plugin], c.Event.Seq)
			}
		}
	}
	for plugin, seqs := range ready {
		if err := i.to.Offer(ctx, plugin, seqs, false); err != nil {
			return fmt.Errorf("have %d events handed out to %s: %w", len(seqs), plugin, err)
		}
	}
	return nil
}

// append brings the events that are not there. No plugin is told of them yet.
func (i *importer) append(ctx context.Context, events []imported) error {
	var b store.Batch
	for n := range events {
		e := &events[n]
		there, err := i.there(ctx, e.event.ID)
		if err != nil {
			return err
		}
		if e.fresh = len(there) == 0; !e.fresh {
			continue
		}
		a := store.Append{Event: e.event}
		for _, c := range e.copies {
			a.Plugins = append(a.Plugins, c.Plugin)
		}
		b.Appends = append(b.Appends, a)
	}
	if len(b.Appends) == 0 {
		return nil
	}
	if err := i.to.commit(ctx, &b, nil); err != nil {
		return fmt.Errorf("bring %d events over: %w", len(b.Appends), err)
	}
	i.events += int64(len(b.Appends))
	return nil
}

// there returns the copies that the cluster has of an event.
func (i *importer) there(ctx context.Context, id string) (copies []store.Copy, err error) {
	q := store.ScanQuery{Filter: store.Filter{ID: id}, Limit: importPage}
	for {
		page, err := i.to.Scan(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("look for event %s: %w", id, err)
		}
		copies = append(copies, page.Copies...)
		if q.After = page.Next; page.Next == nil {
			return copies, nil
		}
	}
}

// past has new copies be what they were. A purpose is what a requeue gives, which comes
// behind the results of its batch: the states that it would end are in a batch of their own.
type past struct{ purposes, states store.Batch }

// recall tells of one copy. Of its attempts it tells the first and the last.
func (p *past) recall(c store.Copy) {
	last := store.Result{
		Plugin: c.Plugin, Seq: c.Event.Seq, State: c.State, Attempts: c.Attempts, At: c.LastAt, DueAt: c.DueAt, Reason: c.Reason, Error: c.Error,
	}
	ready := c.State == store.Ready
	if c.Purpose != sdk.Live || ready && c.Attempts > 0 {
		dead := last
		dead.State, dead.Reason = store.Dead, store.Expired
		if !ready {
			dead.Attempts = 0 // so that whoever is interrupted here sees that the rest is missing
		}
		p.purposes.Results = append(p.purposes.Results, dead)
		p.purposes.Requeues = append(p.purposes.Requeues, store.Requeue{
			Plugin: c.Plugin, Seq: c.Event.Seq, Purpose: c.Purpose, Command: c.Event.Command,
		})
	}
	if ready {
		return
	}
	if !c.FirstAt.IsZero() && c.FirstAt.Before(c.LastAt) {
		first := last
		first.State, first.Reason, first.At, first.DueAt = store.Retry, store.NoReason, c.FirstAt, c.FirstAt
		p.states.Results = append(p.states.Results, first)
	}
	p.states.Results = append(p.states.Results, last)
}
