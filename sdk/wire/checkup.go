package wire

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// checkupPatience is how long the plugin's own health func may take. It is far less
// than the gateway waits for the answer, which is how that tells a plugin that looks
// at something slow from one that does not answer at all.
const checkupPatience = time.Second

// checkup is one call of the plugin's health func, for all that ask while it is
// under way.
type checkup struct {
	began time.Time
	done  chan struct{}
	err   error // read after done
}

// checkups makes one checkup at a time.
type checkups struct {
	mu  sync.Mutex
	now *checkup
}

// healthy asks the plugin's own health func, and says so when that does not return.
func (s *Server) healthy(ctx context.Context) error {
	if s.service.Health == nil {
		return nil
	}
	c := s.checkups.begin(ctx, s.checkHealth)
	timer := time.NewTimer(checkupPatience)
	defer timer.Stop()
	select {
	case <-c.done:
		return c.err
	case <-timer.C:
	case <-ctx.Done():
	}
	return fmt.Errorf("its health check has not returned for %s", time.Since(c.began).Round(time.Millisecond))
}

// begin starts a checkup, which outlives ctx, or returns the one under way.
func (all *checkups) begin(ctx context.Context, check func(context.Context) error) *checkup {
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.now != nil {
		return all.now
	}
	c := &checkup{began: time.Now(), done: make(chan struct{}), err: errExit}
	all.now = c
	go func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkupPatience)
		defer cancel()
		defer all.end(c) // also when the func ends its goroutine
		c.err = check(ctx)
	}()
	return c
}

func (all *checkups) end(c *checkup) {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.now = nil
	close(c.done)
}

func (s *Server) checkHealth(ctx context.Context) (err error) {
	defer s.survive("health check", &err)
	return s.service.Health(ctx)
}
