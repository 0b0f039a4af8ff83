package commit

import (
	"context"
	"errors"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// Kind is whether commits succeed.
type Kind uint8

// The kinds of state.
const (
	// OK: commits succeed.
	OK Kind = iota
	// Full: there is no room for appends. Results are written as far as the disk
	// has room for them.
	Full
	// Failing: the journal fails.
	Failing
)

// String returns the kind's name.
func (k Kind) String() string {
	switch k {
	case OK:
		return "ok"
	case Full:
		return "full"
	case Failing:
		return "failing"
	default:
		return "unknown"
	}
}

// State is whether commits succeed, since when, and why not.
type State struct {
	Kind  Kind
	Since time.Time
	// Err is the failure that led to it; nil where it is OK. It wraps
	// [store.ErrFull] where it is Full.
	Err error
}

// condition is the state in force; over is closed when another takes its place.
type condition struct {
	State
	over chan struct{}
}

func kindOf(err error) Kind {
	switch {
	case err == nil:
		return OK
	case errors.Is(err, store.ErrFull):
		return Full
	default:
		return Failing
	}
}

// State returns the state in force.
func (c *Committer) State() State { return c.condition.Load().State }

// AwaitOK returns once the state is OK, or ctx's error.
func (c *Committer) AwaitOK(ctx context.Context) error {
	for {
		now := c.condition.Load()
		if now.Kind == OK {
			return nil
		}
		select {
		case <-now.over:
		case <-ctx.Done():
			return context.Cause(ctx) //nolint:wrapcheck // whoever gave ctx knows why it ended
		}
	}
}

// enter changes the state to that of err. The time it began stays where only the
// text differs.
func (c *Committer) enter(err error) {
	old := c.condition.Load()
	next := State{Kind: kindOf(err), Since: time.Now(), Err: err}
	if old.Kind == next.Kind {
		if next.Kind == OK || old.Err.Error() == err.Error() {
			return
		}
		next.Since = old.Since
	}
	c.condition.Store(&condition{State: next, over: make(chan struct{})})
	close(old.over)
	if old.Kind != next.Kind {
		c.report(old.State, next)
	}
	c.o.OnState(next)
}

func (c *Committer) report(old, next State) {
	if next.Kind == OK {
		c.o.Logger.Info("inbox takes callbacks again", "was", old.Kind.String(), "after", next.Since.Sub(old.Since).Round(time.Millisecond).String())
		return
	}
	c.o.Logger.Error("inbox cannot take callbacks", "state", next.Kind.String(), "err", next.Err)
}
