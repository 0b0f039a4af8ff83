package jetstream

import (
	"context"
	"fmt"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// A gateway whose view is stopped for good knows nothing of what is handed out from then on.
// It leaves that to the others, of which it would only hold up what it took.

// regainEvery is how often it is looked whether a cluster that was away is back.
const regainEvery = 200 * time.Millisecond

// stopped is the end of a view's following.
type stopped struct {
	ctx context.Context //nolint:containedctx // it ends with the following, whoever asks
	end context.CancelFunc
}

func newStopped(ctx context.Context) stopped {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	return stopped{ctx: ctx, end: cancel}
}

// stop ends the following for good, since no waiting mends err.
func (s *Store) stop(err error) {
	s.trouble.enter(err, true)
	s.stopped.end()
}

// going ends with ctx, and when the view is stopped.
func (s *Store) going(ctx context.Context) (going context.Context, end func()) {
	going, cancel := context.WithCancel(ctx)
	undo := context.AfterFunc(s.stopped.ctx, cancel)
	return going, func() { undo(); cancel() }
}

// outlast waits, where the view is stopped, for the end of ctx; else it returns err.
func (s *Store) outlast(ctx context.Context, err error) error {
	if s.stopped.ctx.Err() == nil || s.closed.Load() {
		return err
	}
	select {
	case <-ctx.Done():
		return fmt.Errorf("wait to be handed something, with a view that is stopped: %w", context.Cause(ctx))
	case <-s.ended:
		return errClosed
	}
}

// Claim implements [store.Handout]. A gateway that is stopped is handed nothing, and one
// whose cluster is away waits.
func (s *Store) Claim(ctx context.Context, plugin string, limit int) (store.Claim, error) { //nolint:ireturn // the interface's own
	going, end := s.going(ctx)
	defer end()
	for {
		c, err := s.Handout.Claim(going, plugin, limit)
		if err == nil {
			return c, nil
		}
		if !s.regained(going) {
			return nil, s.outlast(ctx, err)
		}
	}
}

// Baton implements [store.Handout]. A gateway that is stopped gives it on, and one whose
// cluster is away waits.
func (s *Store) Baton(ctx context.Context, name string, hold func(held context.Context)) error {
	going, end := s.going(ctx)
	defer end()
	for {
		err := s.Handout.Baton(going, name, hold)
		if err == nil || !s.regained(going) {
			return s.outlast(ctx, err)
		}
	}
}

// regained waits, where the cluster is away, until it is back; false where it was not away,
// or ctx ends before. Whoever waits to be handed something need not ask again and again.
func (s *Store) regained(ctx context.Context) bool {
	if s.log.Status().Connected {
		return false
	}
	for sleep(ctx, regainEvery) {
		if s.log.Status().Connected {
			return true
		}
	}
	return false
}
