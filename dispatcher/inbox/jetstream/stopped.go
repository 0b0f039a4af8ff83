package jetstream

import (
	"context"
	"fmt"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// A gateway whose view is stopped for good knows nothing of what is handed out from then on.
// It leaves that to the others, of which it would only hold up what it took.

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

// Claim implements [store.Handout]. A gateway that is stopped is handed nothing.
func (s *Store) Claim(ctx context.Context, plugin string, limit int) (store.Claim, error) { //nolint:ireturn // the interface's own
	going, end := s.going(ctx)
	defer end()
	c, err := s.Handout.Claim(going, plugin, limit)
	if err != nil {
		return nil, s.outlast(ctx, err)
	}
	return c, nil
}

// Baton implements [store.Handout]. A gateway that is stopped gives it on.
func (s *Store) Baton(ctx context.Context, name string, hold func(held context.Context)) error {
	going, end := s.going(ctx)
	defer end()
	return s.outlast(ctx, s.Handout.Baton(going, name, hold))
}
