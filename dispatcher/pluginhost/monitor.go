package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/switchhook/switchhook/sdk/wire"
)

// How long a process may give no sign of life.
const (
	// glance is how often it is looked at.
	glance = wire.HeartbeatInterval / 2
	// ejectAfter is two missed heartbeats, and what a third may be late by.
	ejectAfter = 2*wire.HeartbeatInterval + glance
	// wedgedAfter is how long a stream may be silent in a process that answers
	// otherwise.
	wedgedAfter = 12 * wire.HeartbeatInterval
	// stalledAfter is how late a glance may come before it is this process that was
	// held up, and nobody else is to be judged by it.
	stalledAfter = 2 * glance
	// excuses is how often a hold-up of this process excuses a process that gives no
	// sign of life. On a machine that is held up again and again, as one with too
	// small a quota is, nobody would ever be found wedged otherwise.
	excuses = 3
	// stuckFor is how long a command may go without any answer while as many of its
	// calls have been abandoned as the process may have.
	stuckFor = 2 * time.Second
)

// sign is what the monitor saw.
type sign struct {
	kind  eventKind // eventSilent, eventHeard or eventMute
	cause error
}

// monitor looks after one ready process, beside its callbacks: it notices when the
// heartbeats stop, asks for its health, and tells what it sees. It judges nothing
// by a single late call.
type monitor struct {
	// heard is when the process last gave a sign of life; the zero time means that
	// it promises none.
	heard func() time.Time
	// health asks the process how it is.
	health func(context.Context) error
	// stuck reports a command that the process does not answer any more.
	stuck func(now time.Time) error
	// interval is the time between two health checks, timeout bounds one.
	interval, timeout time.Duration

	signs  chan<- sign
	unwell func(error) // what the process says of itself

	last    time.Time     // of the glances
	stalled time.Time     // when this process was held up last
	awake   time.Duration // how long it was not held up
	beat    time.Time     // the last sign of life that was seen
	since   time.Duration // what awake was at that sign, or at the last hold-up that excuses its age
	excused int           // hold-ups since beat that did
	silent  bool
	next    time.Time // when its health is asked for
	asked   time.Time
	late    int  // checks in a row that were not answered, and had an excuse
	doubted bool // the check before was not answered
	answers chan error
}

// run looks until ctx ends or the process is found wedged.
func (m *monitor) run(ctx context.Context) {
	tick := time.NewTicker(glance)
	defer tick.Stop()
	m.last = time.Now()
	m.next = m.last.Add(m.interval)
	defer func() {
		if m.answers != nil {
			<-m.answers //nolint:errcheck // ctx has ended: it will not be long, and is no news.
		}
	}()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for {
		var verdict error
		select {
		case <-ctx.Done():
			return
		case err := <-m.answers:
			m.answers = nil
			verdict = m.answered(ctx, err)
		case <-tick.C:
			verdict = m.look(ctx, time.Now())
		}
		if verdict != nil {
			m.tell(ctx, sign{eventMute, verdict})
			return
		}
	}
}

// look is one glance. It returns why the process is wedged, or nil.
func (m *monitor) look(ctx context.Context, now time.Time) error {
	m.wake(now)
	m.listen(ctx, now)
	if err := m.stuck(now); err != nil {
		return err
	}
	if m.answers == nil && !now.Before(m.next) {
		m.ask(ctx, now)
	}
	return nil
}

// wake notices that this process was held up since it looked last. What it has not
// heard then may be waiting to be read, so the silence begins anew.
func (m *monitor) wake(now time.Time) {
	switch passed := now.Sub(m.last); {
	case passed <= glance+stalledAfter:
		m.awake += passed
	default:
		m.stalled = now
		if m.excused++; m.excused <= excuses {
			m.since = m.awake
		}
	}
	m.last = now
}

// listen notices when the heartbeats stop, and when they are back. Silence is measured
// in time that this process was awake.
func (m *monitor) listen(ctx context.Context, now time.Time) {
	heard := m.heard()
	if heard != m.beat {
		m.beat, m.excused = heard, 0
		m.since = m.awake - min(max(now.Sub(heard), 0), glance)
	}
	silent := !heard.IsZero() && m.awake-m.since > ejectAfter
	if silent == m.silent {
		return
	}
	m.silent = silent
	if !silent {
		m.tell(ctx, sign{kind: eventHeard})
		return
	}
	m.next = now // do not wait for the next round
	m.tell(ctx, sign{eventSilent, fmt.Errorf("no heartbeat for %s", now.Sub(heard).Round(time.Millisecond))})
}

// ask asks for the health, in the background.
func (m *monitor) ask(ctx context.Context, now time.Time) {
	m.asked = now
	answers := make(chan error, 1)
	m.answers = answers
	go func() {
		ctx, cancel := context.WithTimeout(ctx, m.timeout)
		defer cancel()
		err := m.health(ctx)
		if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
			err = errUnanswered
		}
		answers <- err
	}()
}

var errUnanswered = errors.New("no answer to the health check")

// answered takes the outcome of a health check and returns why the process is
// wedged, or nil.
func (m *monitor) answered(ctx context.Context, err error) error {
	now := time.Now()
	m.wake(now) // after a hold-up the answer may be seen before the tick
	m.next = now.Add(m.interval)
	switch {
	case ctx.Err() != nil:
		return nil //nolint:nilerr // It is being stopped, and what it says now is no news.
	case errors.Is(err, errUnanswered) && m.stalled.After(m.asked) && m.late < excuses:
		m.late++
		m.next = now // it may have been this process that was too late
		return nil
	case errors.Is(err, errUnanswered) && !m.silent && !m.doubted:
		m.doubted, m.next = true, now // a machine with too much to do is late now and then: once more
		return nil
	case errors.Is(err, errUnanswered):
		return fmt.Errorf("%w within %s", errUnanswered, m.timeout)
	}
	m.late, m.doubted = 0, false
	m.unwell(err)
	if !m.silent {
		return nil
	}
	m.next = now.Add(min(m.interval, wedgedAfter))
	if quiet := now.Sub(m.heard()); quiet > wedgedAfter {
		return fmt.Errorf("it answers the health check, and its stream has given no sign of life for %s", quiet.Round(time.Second))
	}
	return nil
}

func (m *monitor) tell(ctx context.Context, s sign) {
	select {
	case m.signs <- s:
	case <-ctx.Done():
	}
}

// watch has a ready process monitored until the returned function is called, which
// waits for the end of it. In debug it is not: whoever looks at a breakpoint is not
// wedged.
func (s *supervisor) watch(in *instance) (<-chan sign, func()) {
	if s.plan.debug {
		return nil, func() {}
	}
	signs := make(chan sign)
	m := &monitor{
		heard: in.lastSign, health: s.examine(in), stuck: in.stuckSince(s.plan.share(), stuckFor),
		interval: s.host.options.HealthInterval, timeout: s.host.options.HealthTimeout,
		signs: signs, unwell: s.unwell,
	}
	ctx, cancel := context.WithCancel(s.hurry)
	done := make(chan struct{})
	go func() {
		defer close(done)
		m.run(ctx)
	}()
	return signs, func() {
		cancel()
		<-done
	}
}

// heed is the loop's part of what the monitor saw.
func (s *supervisor) heed(x sign) { s.handle(event{kind: x.kind}, x.cause) }

// unwell shows what the process says of itself, which has no other consequence: one
// that says it is unwell may still answer better than none.
func (s *supervisor) unwell(err error) {
	switch before := s.report.health(err); {
	case err != nil && before == "":
		s.log.ErrorContext(s.hurry, "plugin is unhealthy", "err", err)
	case err == nil && before != "":
		s.log.InfoContext(s.hurry, "plugin is healthy again", "was", before)
	}
}
