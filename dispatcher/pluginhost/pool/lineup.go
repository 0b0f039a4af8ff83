package pool

import (
	"slices"
	"sync/atomic"
)

// lineup is who can be sent something at one moment.
type lineup struct {
	pickable []*Intake
	expected bool
	changed  chan struct{} // closed when there is another lineup
}

// pick returns the usable process with the fewest calls, other than except, or
// nil. Of several it takes turns, so that a quiet pool uses all.
func (l *lineup) pick(turn *atomic.Uint32, except *Intake) *Intake {
	if len(l.pickable) == 1 {
		if in := l.pickable[0]; in != except && in.usable() {
			return in
		}
		return nil
	}
	var best *Intake
	var least int64
	first := int(turn.Add(1) & 0xffff)
	for i := range l.pickable {
		in := l.pickable[(first+i)%len(l.pickable)]
		if in == except {
			continue
		}
		if n := in.InFlight(); (best == nil || n < least) && in.usable() {
			best, least = in, n
		}
	}
	return best
}

// member is a process that belongs to the pool. One that is ejected is not sent
// anything for the time being.
type member struct {
	in      *Intake
	ejected bool
}

// Publish adds a process to those that callbacks are sent to.
func (p *Pool) Publish(in *Intake) { p.replace(nil, in) }

// replace takes old out and puts fresh in, in one step. Where old is not in the
// pool (any more), it is publish. Whoever calls it retires old.
func (p *Pool) replace(old, fresh *Intake) {
	p.change(func() bool {
		p.baptise(fresh)
		if i := p.find(fresh); i >= 0 {
			p.members = slices.Delete(p.members, i, i+1)
		}
		if i := p.find(old); i >= 0 {
			p.members[i] = member{in: fresh}
		} else {
			p.members = append(p.members, member{in: fresh})
		}
		return true
	})
}

// Withdraw takes in out and reports whether it was in.
func (p *Pool) Withdraw(in *Intake) bool {
	return p.change(func() bool {
		i := p.find(in)
		if i < 0 {
			return false
		}
		p.members = slices.Delete(p.members, i, i+1)
		return true
	})
}

// Eject has nothing sent to in until it is readmitted or published anew.
func (p *Pool) Eject(in *Intake) { p.setEjected(in, true) }

// Readmit ends eject.
func (p *Pool) Readmit(in *Intake) { p.setEjected(in, false) }

// expect puts in force what Expect comes to.
func (p *Pool) expect(expected bool) {
	p.change(func() bool {
		before := p.expected
		p.expected = expected
		return before != expected
	})
}

func (p *Pool) setEjected(in *Intake, ejected bool) {
	p.change(func() bool {
		i := p.find(in)
		if i < 0 || p.members[i].ejected == ejected {
			return false
		}
		p.members[i].ejected = ejected
		return true
	})
}

// change has f change the members and puts the new lineup in force when f says
// that something is different.
func (p *Pool) change(f func() bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !f() {
		return false
	}
	l := &lineup{expected: p.expected, changed: make(chan struct{})}
	for _, m := range p.members {
		if !m.ejected {
			l.pickable = append(l.pickable, m.in)
		}
	}
	close(p.lineup.Swap(l).changed)
	return true
}

// find returns the position of in, or -1; p.mu is held.
func (p *Pool) find(in *Intake) int {
	return slices.IndexFunc(p.members, func(m member) bool { return m.in == in })
}

// baptise gives a new process its generation; p.mu is held.
func (p *Pool) baptise(in *Intake) {
	if in.generation == 0 {
		p.generations++
		in.generation = p.generations
	}
}
