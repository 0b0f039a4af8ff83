package pool

import (
	"context"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/switchhook/switchhook/sdk"
)

// What the tests reckon with.
const (
	PoisonDeaths = poisonDeaths
	MaxSuspects  = maxSuspects
	MaxParked    = maxParked
	MaxRefused   = maxRefused
	MaxWait      = DefaultMaxWait
)

// NewPool returns an empty pool of a plugin called test.
func NewPool(reg prometheus.Registerer, log *slog.Logger) (*Pool, error) {
	m := NewMetrics()
	for _, c := range m.Collectors() {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	m.Add("test")
	return New("test", m, log), nil
}

// ExpectSomebody is Expect of nobody in particular.
func (p *Pool) ExpectSomebody(expected bool) { p.Expect("somebody", expected) }

// Exchange makes in the only process, in one step.
func (p *Pool) Exchange(in *Intake) {
	p.change(func() bool {
		p.baptise(in)
		p.members = []member{{in: in}}
		return true
	})
}

// Replace puts fresh in the place of old.
func (p *Pool) Replace(old, fresh *Intake) { p.replace(old, fresh) }

// Waiters returns how many calls wait for a process.
func (p *Pool) Waiters() int64 {
	rs := p.routes.Load()
	n := rs.other.waiters.Load()
	for _, r := range rs.commands {
		n += r.gate.waiters.Load()
	}
	return n
}

// Held returns how many places of the command are taken.
func (p *Pool) Held(command string) int64 { return p.routes.Load().of(command).gate.held.Load() }

// Queued returns how many calls wait for a place.
func (p *Pool) Queued(command string) int64 { return p.routes.Load().of(command).gate.queued.Load() }

// Remembered returns how many callbacks something is held against.
func (p *Pool) Remembered() int {
	p.quarantine.mu.Lock()
	defer p.quarantine.mu.Unlock()
	return len(p.quarantine.suspects.byID) + len(p.quarantine.parked.byID)
}

// Direct is one attempt at the process, as cheap as it can be.
func (in *Intake) Direct(ctx context.Context, cb sdk.Callback) (sdk.Reply, error) {
	return in.link.HandleIn(ctx, cb, nil)
}
