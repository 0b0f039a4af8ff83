package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/switchhook/switchhook/sdk/wire"
)

// maxSilence is how long a plugin with a stream may give no sign of life: a
// dozen heartbeats.
const maxSilence = 12 * wire.HeartbeatInterval

// watch asks a ready process for its health until the returned function is
// called, which waits for the end of it. What it finds is shown and logged, and
// has no other consequence: a plugin that says it is unwell may still answer
// better than none.
func (s *supervisor) watch(in *instance) (stop func()) {
	if s.plan.debug {
		return func() {} // whoever looks at a breakpoint is not unwell
	}
	ctx, cancel := context.WithCancel(s.hurry)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(s.host.options.HealthInterval)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				s.examine(ctx, in)
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// examine asks once and logs when the answer is another than before.
func (s *supervisor) examine(ctx context.Context, in *instance) {
	err := in.examine(ctx, s.host.options.HealthTimeout)
	if ctx.Err() != nil {
		return // it is being stopped, and what it says now is no news
	}
	switch before := s.report.health(err); {
	case err != nil && before == "":
		s.log.ErrorContext(ctx, "plugin is unhealthy", "err", err)
	case err == nil && before != "":
		s.log.InfoContext(ctx, "plugin is healthy again", "was", before)
	}
}

// examine returns why the process is not well, or nil. The silence is measured
// first, because an answer to the question would end it.
func (in *instance) examine(ctx context.Context, limit time.Duration) error {
	quiet := silence(in.description.Has(wire.CapabilityStream), in.client.Heartbeat(), time.Now())
	asking, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := in.client.Healthy(asking)
	if err != nil && errors.Is(asking.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("no answer to the health check within %s: %w", limit, err)
	}
	if err != nil {
		return err
	}
	return quiet
}

// silence returns an error when a plugin with a stream was not heard for too
// long.
func silence(streams bool, heard, now time.Time) error {
	if quiet := now.Sub(heard); streams && quiet > maxSilence {
		return fmt.Errorf("no heartbeat for %s", quiet.Round(time.Second))
	}
	return nil
}
