package inbox

import (
	"context"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/commit"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

const (
	// mostStalled bounds the requests that are held at a time.
	mostStalled = 1024
	// stallEnds is how long after its arrival a callback is refused: Tencent has
	// given up waiting for it after 2 s, and sends it again if the operator has had
	// that switched on.
	stallEnds = 2200 * time.Millisecond
	// lastChance is how long after its arrival a held callback is still kept, if room
	// appears. One kept later would come twice, since Tencent has left by then.
	lastChance = 1800 * time.Millisecond
)

// stalls holds the requests that there is no room for.
type stalls struct {
	places  chan struct{}
	closing <-chan struct{}
}

func (s *stalls) init(closing <-chan struct{}) {
	s.places = make(chan struct{}, mostStalled)
	s.closing = closing
}

// hold keeps a callback that was refused waiting until its sender has left, and keeps
// it in the inbox if room appears in time. Where too many are held already, or the
// inbox closes, it fails at once with refused.
//
// The request's own deadline does not end it: it is there to answer in time, and this
// is there not to. A sender that hangs up does.
func (s *stalls) hold(ctx context.Context, received time.Time, refused error, c *commit.Committer, a store.Append) (duplicate bool, err error) {
	select {
	case s.places <- struct{}{}:
		defer func() { <-s.places }()
	default:
		return false, refused
	}
	if s.await(ctx, time.Until(received.Add(lastChance)), c) {
		within, cancel := context.WithDeadline(context.WithoutCancel(ctx), received.Add(stallEnds))
		defer cancel()
		if duplicate, err = c.Append(within, a); err == nil {
			return duplicate, nil
		}
		refused = err
	}
	s.await(ctx, time.Until(received.Add(stallEnds)), nil)
	return false, refused
}

// await waits for so long, and returns true as soon as c takes appends, if c is given;
// false where it does not, the sender has hung up or the inbox closes.
func (s *stalls) await(ctx context.Context, wait time.Duration, c *commit.Committer) bool {
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), wait)
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		if context.Cause(ctx) != context.DeadlineExceeded { //nolint:errorlint // a deadline's own error
			cancel()
		}
	})
	defer stop()
	go func() {
		select {
		case <-s.closing:
			cancel()
		case <-within.Done():
		}
	}()
	if c == nil {
		<-within.Done()
		return false
	}
	return c.AwaitOK(within) == nil
}
