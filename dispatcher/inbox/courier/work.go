package courier

import (
	"context"
	"time"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/sdk"
)

// work delivers the item, and then whatever is next in its line.
func (c *Courier) work(it *item) {
	var t span
	defer t.end()
	for it != nil {
		it = c.finish(it, c.attempt(t.within(c.ctx, it.timeout), it))
	}
}

// span is the time that a goroutine's attempts have. Those that begin within a 64th of
// it share one context: one for each would be two fifths of what a delivery costs here.
type span struct {
	ctx     context.Context //nolint:containedctx // of one attempt after the other
	cancel  context.CancelFunc
	timeout time.Duration
	began   time.Time
}

// within returns a context that ends with the timeout, or up to a 64th of it earlier.
func (t *span) within(parent context.Context, timeout time.Duration) context.Context {
	now := time.Now()
	if t.ctx == nil || t.timeout != timeout || now.Sub(t.began) > timeout/64 || t.ctx.Err() != nil {
		t.end()
		t.timeout, t.began = timeout, now
		t.ctx, t.cancel = context.WithDeadline(parent, now.Add(timeout))
	}
	return t.ctx
}

func (t *span) end() {
	if t.cancel != nil {
		t.cancel()
	}
}

// attempt is one delivery.
func (c *Courier) attempt(ctx context.Context, it *item) (err error) {
	o := &it.copy
	defer func() {
		if p := recover(); p != nil {
			err = dispatcher.Panicked(p)
		}
	}()
	cb := it.callback()
	cb.Redelivered = o.Attempts > 0 || c.o.Doubtful(o.Plugin, o.Event.Seq)
	it.begun = time.Now()
	_, err = c.o.Deliver(ctx, o.Plugin, cb)
	return err
}

// callback is what is delivered, by its attempt.
func (it *item) callback() sdk.Callback {
	cb := it.copy.Event.Callback()
	cb.Attempt, cb.Purpose = it.copy.Attempts+1, it.copy.Purpose
	return cb
}
