package wire

import (
	"sync/atomic"
	"time"
)

// pulse is when the last sign of life came. A step of the system's clock does not
// move it.
type pulse struct {
	started time.Time
	last    atomic.Int64 // nanoseconds from started; 0: none
}

func newPulse() *pulse { return &pulse{started: time.Now()} }

func (p *pulse) beat() { p.last.Store(max(1, int64(time.Since(p.started)))) }

// at returns zero before the first beat.
func (p *pulse) at() time.Time {
	if n := p.last.Load(); n != 0 {
		return p.started.Add(time.Duration(n))
	}
	return time.Time{}
}

// Heartbeat returns when the plugin last gave a sign of life; zero before the
// first. Once the streams are open it is that of the one that has been silent for
// longer: each has its own heartbeat, and what comes on the other or apart from
// both proves nothing of it. Before, and without streams, it is any answer. A step
// of the system's clock does not move it: compare it by time.Since.
//
// The time is that of reading. When this process itself had no CPU for a while, it
// is old until the streams' readers have caught up: who judges by it has to see
// that its own clock ticks in time.
func (c *Client) Heartbeat() time.Time {
	l := c.lanes.Load()
	if l == nil {
		return c.pulse.at()
	}
	before, after := l.before.pulse.at(), l.after.pulse.at()
	if before.Before(after) {
		return before
	}
	return after
}
