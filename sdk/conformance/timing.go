package conformance

import (
	"context"
	"sync"
	"time"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

const (
	// givenUp is how many callbacks nobody waits for any more.
	givenUp = 64
	// spread and its multiples, squared, are when they are given up: some before
	// they are sent, some while they are handled, some after.
	spread = 10 * time.Microsecond
)

// deadline makes callbacks whose time is over before they can be answered.
func (s *suite) deadline(ctx context.Context) finding {
	return s.giveUp(ctx, "callbacks whose deadline is over", func(limit time.Duration) (context.Context, context.CancelFunc, time.Duration) {
		limited, cancel := context.WithTimeout(ctx, limit)
		return limited, cancel, limit
	})
}

// cancel makes callbacks and takes them back.
func (s *suite) cancel(ctx context.Context) finding {
	return s.giveUp(ctx, "cancelled callbacks", func(limit time.Duration) (context.Context, context.CancelFunc, time.Duration) {
		cancelled, cancel := context.WithCancel(ctx)
		timer := time.AfterFunc(limit, cancel)
		return cancelled, func() { timer.Stop(); cancel() }, 0
	})
}

// giveUp makes callbacks in contexts that end soon, and wants the plugin to go on
// as if they had not been.
func (s *suite) giveUp(ctx context.Context, what string,
	limited func(time.Duration) (context.Context, context.CancelFunc, time.Duration),
) finding {
	p, err := s.live(ctx)
	if err != nil {
		return fail("%v", err)
	}
	cb := s.ordinary()
	var calls sync.WaitGroup
	for i := range givenUp {
		calls.Go(func() { //nolint:contextcheck // limited hands ctx on.
			within, cancel, left := limited(time.Duration(i*i)*spread + time.Nanosecond)
			defer cancel()
			// What comes back is nothing that anybody reads.
			_, _ = p.link.rpc.Handle(within, &wirepb.HandleRequest{
				Id: cb.ID, Key: cb.Key, Command: cb.Command, AppId: cb.AppID, ReceivedAtUnixNanos: cb.ReceivedAt.UnixNano(),
				Attempt: 1, Purpose: wirepb.Purpose_PURPOSE_LIVE, TimeoutNanos: int64(left), Body: cb.Body,
			})
		})
	}
	calls.Wait()
	for range givenUp / 8 { // one place that is still taken shows only when all others are
		if err := s.isAlive(ctx, p); err != nil {
			return fail("after %d %s: %v", givenUp, what, err)
		}
	}
	return pass("%d %s, and the next ones are answered", givenUp, what)
}

// parallelCalls is how many callbacks are sent at once.
const parallelCalls = 1000

// parallel sends many callbacks at once. Some may be refused as overloaded.
func (s *suite) parallel(ctx context.Context) finding {
	p, err := s.live(ctx)
	if err != nil {
		return fail("%v", err)
	}
	commands := s.commands()
	answers := make(chan answer, parallelCalls)
	flaws := make(chan error, parallelCalls)
	var calls sync.WaitGroup
	for i := range parallelCalls {
		calls.Go(func() {
			cb, known := s.sample(commands[i%len(commands)])
			a := s.ask(ctx, p, cb, 4*s.options.Patience)
			err := a.flaw(cb)
			if err == nil && known && named(a) != sdk.KindOverloaded.String() {
				err = s.declined(cb, a)
			}
			if err != nil {
				flaws <- err
				return
			}
			answers <- a
		})
	}
	calls.Wait()
	if n := len(flaws); n > 0 {
		p.endsWithin(afterlife)
		return fail("%d of %d callbacks at once got no proper answer: %v; %s", n, parallelCalls, <-flaws, p.lastWords())
	}
	counts := map[string]int{}
	for range len(answers) {
		counts[named(<-answers)]++
	}
	refused := counts[sdk.KindOverloaded.String()]
	if refused == parallelCalls {
		return fail("all of %d callbacks at once are refused as overloaded", parallelCalls)
	}
	return pass("%d callbacks at once answered, %d of them as overloaded", parallelCalls, refused)
}
