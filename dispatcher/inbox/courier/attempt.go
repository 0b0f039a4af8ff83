package courier

import (
	"errors"
	"strings"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

// firstBackoff is the span of the wait after the first failed attempt.
const firstBackoff = time.Second

// verdict is what an attempt means.
type verdict struct {
	// again says that it cannot have reached the plugin, and leads to no result.
	again  bool
	lost   bool
	kind   sdk.FaultKind
	hint   time.Duration
	result store.Result
}

// judge says what an attempt means.
func (c *Courier) judge(it *item, err error) verdict {
	o := &it.copy
	v := verdict{result: store.Result{
		Plugin: o.Plugin, Seq: o.Event.Seq, State: store.Done, Attempts: o.Attempts + 1, At: time.Now(),
	}}
	if err == nil {
		return v
	}
	v.kind, v.result.Error = sdk.KindOf(err), shortened(err.Error())
	if fault, ok := errors.AsType[*sdk.Fault](err); ok {
		v.hint = fault.RetryAfter
	}
	if reason := c.reason(v.kind, err); reason != store.NoReason {
		v.result.State, v.result.Reason = store.Dead, reason
		return v
	}
	v.lost = c.o.Lost(err)
	v.again = v.kind == sdk.KindUnavailable && !v.lost
	if !v.again {
		c.retry(o, &v)
	}
	return v
}

// reason says why an error makes a copy a dead letter, if it does.
func (c *Courier) reason(kind sdk.FaultKind, err error) store.Reason {
	if c.o.Poison(err) {
		return store.Poison
	}
	switch kind {
	case sdk.KindPermanent:
		return store.Permanent
	case sdk.KindMalformed:
		return store.Malformed
	case sdk.KindUnsupported:
		return store.Unsupported
	case sdk.KindBadReply:
		return store.BadReply
	default:
		return store.NoReason
	}
}

// retry says when a failed copy is tried again, or that it is not.
func (c *Courier) retry(o *store.Copy, v *verdict) {
	r, rules := &v.result, c.rules.Load()
	r.State, r.DueAt = store.Retry, r.At
	if c.ctx.Err() != nil {
		return // the gateway ended it, and tries again when it is back
	}
	first, n := o.FirstAt, r.Attempts
	if first.IsZero() {
		first, n = r.At, 1
	}
	left := rules.retry.MaxAge - r.At.Sub(first)
	if left <= 0 {
		r.State, r.DueAt, r.Reason = store.Dead, time.Time{}, store.Expired
		return
	}
	// The last attempt is made when the time is over, unless the plugin has asked for
	// a longer wait.
	wait := min(c.jitter(doubled(firstBackoff, n, rules.retry.MaxBackoff)), left)
	r.DueAt = r.At.Add(max(wait, min(v.hint, rules.retry.MaxAge)))
}

// jitter is at random within a span.
func (c *Courier) jitter(span time.Duration) time.Duration {
	return time.Duration(c.o.Rand() * float64(span))
}

// shortened is as much of a text as a store keeps, and no bytes that are no text.
func shortened(text string) string { return store.Shortened(strings.ToValidUTF8(text, "")) }

// finish takes in what an attempt has led to and returns the next item to deliver.
func (c *Courier) finish(it *item, err error) (next *item) {
	v := c.judge(it, err)
	if err != nil {
		c.tell(it, err, &v)
	}
	c.mu.Lock()
	l := it.line
	l.inFlight--
	c.learn(it, err, &v)
	if v.again {
		c.again(it)
	} else {
		it.reported = true
		c.budget.release(l, it.size)
		it.size, it.copy.Event.Body = 0, nil
	}
	next = c.next(l)
	c.kick(l)
	c.trialOver(it)
	c.feedHungry()
	c.mu.Unlock()
	if v.again {
		return next
	}
	if v.result.Attempts == 1 {
		c.o.Waited(it.copy.Plugin, it.copy.Event.Command, it.begun.Sub(it.copy.Event.ReceivedAt))
	}
	c.o.Report(v.result)
	return next
}

// learn has the line draw its conclusions; mu is held.
func (c *Courier) learn(it *item, err error, v *verdict) {
	l, p, w := it.line, it.line.plugin, &it.line.window
	delete(p.suspected, it.copy.Event.Seq)
	if v.lost && v.result.State == store.Retry {
		p.suspected[it.copy.Event.Seq] = struct{}{}
	}
	if err == nil {
		w.success(it.epoch)
		return
	}
	l.lastError = shortened(err.Error())
	longest := c.rules.Load().retry.MaxBackoff
	span, pause := w.failure(it.epoch, v, longest)
	if !pause {
		return
	}
	wait := max(leastPause, c.jitter(span), min(v.hint, longest))
	if until := time.Now().Add(wait); until.After(l.until) {
		l.until, l.why = until, l.lastError
	}
}

// again has a copy wait as if nothing had been; mu is held.
func (c *Courier) again(it *item) {
	l := it.line
	l.unsettled--
	if !l.retired && it.command.served() {
		l.putBack(it)
		return
	}
	c.drop(it)
	if l.keys != nil {
		c.evict(l, 0)
	}
	if l.retired && l.unsettled == 0 {
		c.kickPlugin(l.plugin)
	}
}

// trialOver lets the next suspect go; mu is held.
func (c *Courier) trialOver(it *item) {
	if !it.suspect {
		return
	}
	p := it.line.plugin
	p.trial = false
	c.kickPlugin(p)
}
