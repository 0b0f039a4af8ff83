package wire

import (
	"context"
	"sync"
	"time"
)

// callContext is the context of a call that came by stream. A timer and a place
// in the parent's list of children cost more than many a handler, and most
// handlers never wait; so both are made when Done is first asked for. What is
// made then is a context of the standard library, which contexts derived from
// this one find through Value.
type callContext struct {
	parent   context.Context //nolint:containedctx // this is a context
	deadline time.Time       // zero: none

	mu    sync.Mutex
	inner context.Context //nolint:containedctx // this is a context
	stop  context.CancelFunc
	ended bool
}

var _ context.Context = (*callContext)(nil)

// Deadline implements context.Context.
func (c *callContext) Deadline() (time.Time, bool) { return c.deadline, !c.deadline.IsZero() }

// Done implements context.Context.
func (c *callContext) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inner == nil {
		if c.deadline.IsZero() {
			c.inner, c.stop = context.WithCancel(c.parent)
		} else {
			c.inner, c.stop = context.WithDeadline(c.parent, c.deadline)
		}
		if c.ended {
			c.stop()
		}
	}
	return c.inner.Done()
}

// Err implements context.Context.
func (c *callContext) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.inner != nil:
		return c.inner.Err() //nolint:wrapcheck // contexts are compared by identity
	case c.ended:
		return context.Canceled
	case !c.deadline.IsZero() && !time.Now().Before(c.deadline):
		return context.DeadlineExceeded
	default:
		return c.parent.Err() //nolint:wrapcheck // contexts are compared by identity
	}
}

// Value implements context.Context.
func (c *callContext) Value(key any) any {
	c.mu.Lock()
	from := c.inner
	c.mu.Unlock()
	if from == nil {
		from = c.parent
	}
	return from.Value(key)
}

// end cancels the context.
func (c *callContext) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	if c.stop != nil {
		c.stop()
	}
}
