package pool

import (
	"context"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire"
)

// Link is the gateway's end to one process, as a pool needs it: a [wire.Client].
type Link interface {
	HandleIn(ctx context.Context, cb sdk.Callback, place wire.Place) (sdk.Reply, error)
	Broken() <-chan struct{}
}

// retired is the bit of Intake.state that says that the door is closed; the
// rest of it counts the calls that the process has.
const retired = 1 << 62

// Intake is one process's door: it counts the calls that the process has, those
// whose callers have given up among them, and can be closed, so that a drain
// knows when the last call is through. Both facts stand in one word, because
// whoever leaves must know them as of one moment.
type Intake struct {
	link Link
	dead <-chan struct{} // closed when the process has ended; nil where nobody says

	state   atomic.Int64
	leaving atomic.Bool // the process itself takes no more calls
	once    sync.Once
	idle    chan struct{}

	// generation tells the process from all others of its pool, which sets it.
	generation uint64

	mu    sync.Mutex // guards changes of desks, and all below
	desks atomic.Pointer[map[*gate]*desk]
	end   processEnd
	lost  []suspect // while end is not known
}

// processEnd is what is known of the end of a process.
type processEnd uint8

const (
	endUnknown processEnd = iota
	endPlanned            // the gateway wants it: nobody is to blame
	endBlamed             // it died or hung, and whoever was inside is to blame
)

// NewIntake returns the door of the process at the far end of l. dead is closed when
// that has ended; nil where nobody says.
func NewIntake(l Link, dead <-chan struct{}) *Intake {
	in := &Intake{link: l, dead: dead, idle: make(chan struct{})}
	in.desks.Store(&map[*gate]*desk{})
	return in
}

// enter lets a call in, or reports that the door is closed.
func (in *Intake) enter() bool {
	if in.state.Add(1)&retired == 0 {
		return true
	}
	in.leave()
	return false
}

// handle has the process answer; the call must have entered, and have a place of
// g. Both are given back when the process is through with it, which may be after
// the return.
func (in *Intake) handle(ctx context.Context, cb sdk.Callback, g *gate) (sdk.Reply, error) {
	d := in.desk(g)
	d.held.Add(1)
	d.callers.Add(1)
	defer d.callers.Add(-1)
	return in.link.HandleIn(ctx, cb, d)
}

func (in *Intake) leave() {
	if in.state.Add(-1) == retired {
		in.once.Do(func() { close(in.idle) })
	}
}

// Retire closes the door and returns a channel that is closed when the process is
// through with its last call. Nobody is sent here any more.
func (in *Intake) Retire() <-chan struct{} {
	if in.state.Or(retired)&^retired == 0 {
		in.once.Do(func() { close(in.idle) })
	}
	return in.idle
}

// InFlight returns how many calls the process has.
func (in *Intake) InFlight() int64 { return in.state.Load() &^ retired }

// usable reports whether a call may be sent here: a process that is known to be
// gone, or refuses all because it is about to end, has no calls and would draw all of
// them.
func (in *Intake) usable() bool {
	return in.state.Load()&retired == 0 && !in.leaving.Load() && !in.gone()
}

// gone reports whether the process is dead or out of reach.
func (in *Intake) gone() bool {
	return closed(in.link.Broken()) || closed(in.dead)
}

// closed looks at one channel, which takes no lock; at two it would.
func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// Dismiss says that the end of the process is the gateway's wish: the calls that
// it loses are not to blame. It is called before anything that may end it.
func (in *Intake) Dismiss() {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.end == endUnknown {
		in.end, in.lost = endPlanned, nil
	}
}

// manyCalls is the least that says something of a process: a single late call never
// does, not even of a plugin that may have no more.
const manyCalls = 2

// Stuck reports a command of which the process has at least limit calls, and
// manyCalls, whose callers gave up, and which it has not answered once since the
// first of them did so, for at least quiet.
func (in *Intake) Stuck(limit int, quiet time.Duration, now time.Time) (command string, ok bool) {
	limit = max(limit, manyCalls)
	for g, d := range *in.desks.Load() {
		silent := d.silent.Load()
		if silent != 0 && d.abandoned() >= int64(limit) && now.Sub(time.Unix(0, silent)) >= quiet {
			return g.command, true
		}
	}
	return "", false
}

// desk returns where the process's calls of g are counted. There are no more of
// them than gates.
func (in *Intake) desk(g *gate) *desk {
	if d, ok := (*in.desks.Load())[g]; ok {
		return d
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	before := *in.desks.Load()
	if d, ok := before[g]; ok {
		return d
	}
	after := maps.Clone(before)
	d := &desk{in: in, gate: g}
	after[g] = d
	in.desks.Store(&after)
	return d
}

// desk counts one process's calls of one command. It is the place of each of
// them: whose call it is that leaves makes no difference.
type desk struct {
	in   *Intake
	gate *gate

	held    atomic.Int64 // calls that the process has
	callers atomic.Int64 // callers that wait for an answer
	silent  atomic.Int64 // when the first caller gave up since the last answer, in Unix nanoseconds; else 0
}

var _ wire.Place = (*desk)(nil)

// Abandon is a caller's giving up.
func (d *desk) Abandon() { d.silent.CompareAndSwap(0, time.Now().UnixNano()) }

// Leave gives the call's places back.
func (d *desk) Leave(answered bool) {
	if answered && d.silent.Load() != 0 {
		d.silent.Store(0)
	}
	d.held.Add(-1)
	d.gate.leave()
	d.in.leave()
}

// abandoned returns how many calls the process has for which nobody waits.
func (d *desk) abandoned() int64 { return d.held.Load() - d.callers.Load() }
