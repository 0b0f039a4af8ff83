package pluginhost

import (
	"context"
	"fmt"
)

// What is asked of a supervisor from outside of its loop.

// stop ends the process and waits until it is gone. When ctx ends first, it is
// killed.
func (s *supervisor) stop(ctx context.Context) {
	s.once.Do(func() { close(s.quit) })
	select {
	case <-s.done:
		return
	case <-ctx.Done():
	}
	s.hasten()
	<-s.done
}

// kick has a process that waits or has failed tried again at once.
func (s *supervisor) kick() {
	select {
	case s.kicks <- struct{}{}:
	default:
	}
}

// kicked is the loop's part of kick.
func (s *supervisor) kicked() {
	if s.launching { // what it starts may be what was there before; see launched
		s.rekick = true
		return
	}
	if startable(s.life.state, eventKick) {
		s.reason = startReload
		if s.restage() {
			s.handle(event{kind: eventRenew}, nil)
		}
	}
	s.handle(event{kind: eventKick}, nil)
}

// serve lets callbacks reach this supervisor's process, the present one and all
// later ones, or keeps them away. It returns when that is so.
func (s *supervisor) serve(serving bool) {
	a := assignment{serving: serving, done: make(chan struct{})}
	select {
	case s.assign <- a:
		<-a.done
	case <-s.done:
	}
}

// assigned is the loop's part of serve.
func (s *supervisor) assigned(a assignment) {
	s.serving = a.serving
	s.publish()
	close(a.done)
}

// awaitFirst waits until the first start is decided.
func (s *supervisor) awaitFirst(ctx context.Context) error {
	select {
	case <-s.first:
		return nil
	case <-s.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for plugin %s: %w", s.plan.name, context.Cause(ctx))
	}
}

// decided marks the first start as over, whichever way.
func (s *supervisor) decided() {
	select {
	case <-s.first:
	default:
		close(s.first)
	}
}
