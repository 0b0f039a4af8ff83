package pluginhost

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/switchhook/switchhook/sdk"
)

// Pool and Intake let the tests drive a pool without processes.
type (
	Pool   = pool
	Intake = intake
)

// What the tests reckon with.
const (
	PoisonDeaths = poisonDeaths
	MaxSuspects  = maxSuspects
	MaxParked    = maxParked
	MaxRefused   = maxRefused
	MaxWait      = defaultMaxWait
)

// NewPool returns an empty pool of a plugin called test.
func NewPool(reg prometheus.Registerer, log *slog.Logger) (*Pool, error) {
	m, err := newMetrics(reg)
	if err != nil {
		return nil, err
	}
	m.add("test")
	return newPool("test", m.pools, log), nil
}

// NewIntake returns the door of a process.
func NewIntake(l link, dead <-chan struct{}) *Intake { return newIntake(l, dead) }

func (p *pool) Publish(in *Intake)               { p.publish(in) }
func (p *pool) Withdraw(in *Intake) bool         { return p.withdraw(in) }
func (p *pool) Replace(old, fresh *Intake)       { p.replace(old, fresh) }
func (p *pool) Exchange(in *Intake)              { p.exchange(in) }
func (p *pool) Eject(in *Intake)                 { p.eject(in) }
func (p *pool) Readmit(in *Intake)               { p.readmit(in) }
func (p *pool) Expect(expected bool)             { p.expect(expected) }
func (p *pool) Describe(claims ...sdk.Claim)     { p.describe(claims) }
func (p *pool) Limit(n int, wait time.Duration)  { p.limit(n, wait) }
func (p *pool) Blame(in *Intake, calls []string) { p.blame(in, suspects(calls)) }
func (p *pool) Parked() []Parked                 { return p.parked() }
func (p *pool) Pardon()                          { p.pardon() }

// Waiters returns how many calls wait for a process.
func (p *pool) Waiters() int64 {
	rs := p.routes.Load()
	n := rs.other.waiters.Load()
	for _, r := range rs.commands {
		n += r.gate.waiters.Load()
	}
	return n
}

// Held returns how many places of the command are taken.
func (p *pool) Held(command string) int64 { return p.routes.Load().of(command).gate.held.Load() }

// Queued returns how many calls wait for a place.
func (p *pool) Queued(command string) int64 { return p.routes.Load().of(command).gate.queued.Load() }

// Remembered returns how many callbacks something is held against.
func (p *pool) Remembered() int {
	p.quarantine.mu.Lock()
	defer p.quarantine.mu.Unlock()
	return len(p.quarantine.suspects.byID) + len(p.quarantine.parked.byID)
}

func (in *intake) Retire() <-chan struct{} { return in.retire() }
func (in *intake) Dismiss()                { in.dismiss() }
func (in *intake) InFlight() int64         { return in.inFlight() }
func (in *intake) Stuck(limit int, quiet time.Duration) (string, bool) {
	return in.stuck(limit, quiet, time.Now())
}

// Direct is one attempt at the process, as cheap as it can be.
func (in *intake) Direct(ctx context.Context, cb sdk.Callback) (sdk.Reply, error) {
	return in.link.HandleIn(ctx, cb, nil)
}

func suspects(ids []string) []suspect {
	var all []suspect
	for _, id := range ids {
		all = append(all, suspect{id: id})
	}
	return all
}
