package pool

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/switchhook/switchhook/sdk"
)

// ErrQuarantined is in the fault of a callback that ended a plugin's processes so
// often that it is not sent to the plugin any more.
var ErrQuarantined = errors.New("it is not sent again")

const (
	// poisonDeaths is how many processes a callback may end.
	poisonDeaths = 3
	// poisonMemory is how long a death is held against a callback that is not
	// parked, and maxSuspects how many callbacks are remembered.
	poisonMemory = time.Hour
	maxSuspects  = 4096
	// maxRefused is how many are parked, and maxParked how many of them are shown.
	maxRefused = 1024
	maxParked  = 100
	// maxLost bounds the calls that a process's end is yet to tell about.
	maxLost = 1024
)

// Parked is a callback that ended the plugin's processes so often that it is not
// sent again.
type Parked struct {
	ID, App, Command string
	// Deaths is how many processes ended with it in hand; Since is the last of them.
	Deaths int
	Since  time.Time
}

// suspect is a callback that a process had when it ended. Only the id is always
// known.
type suspect struct{ id, app, command string }

// quarantine counts the processes that ended with a callback in hand. A callback
// may be innocent: whoever else was inside is counted too, but comes through the
// next time.
type quarantine struct {
	plugin  string
	metrics *Metrics
	log     *slog.Logger

	// refused are the parked, with their deaths; nil while there are none, so that
	// asking costs one load. The map is never changed.
	refused atomic.Pointer[map[string]int]

	mu       sync.Mutex
	suspects *shelf
	parked   *shelf
}

func newQuarantine(plugin string, m *Metrics, log *slog.Logger) *quarantine {
	return &quarantine{plugin: plugin, metrics: m, log: log, suspects: newShelf(), parked: newShelf()}
}

// refuse returns the fault for a parked callback, else nil.
func (q *quarantine) refuse(id string) error {
	parked := q.refused.Load()
	if parked == nil {
		return nil
	}
	n, ok := (*parked)[id]
	if !ok {
		return nil
	}
	return sdk.Permanent(fmt.Errorf("callback %s ended plugin %s %d times: %w", id, q.plugin, n, ErrQuarantined))
}

// count holds the end of a process against a callback, once for each process.
func (q *quarantine) count(generation uint64, s suspect) {
	if s.id == "" {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	for d := q.suspects.oldest(); d != nil && now.Sub(d.last) >= poisonMemory; d = q.suspects.oldest() {
		q.suspects.take(d.id)
	}
	d := q.parked.take(s.id)
	if d == nil {
		d = q.suspects.take(s.id)
	}
	if d == nil {
		d = &deaths{suspect: s}
	}
	if d.command == "" {
		d.suspect = s
	}
	if !slices.Contains(d.processes, generation) {
		d.processes, d.last = append(d.processes, generation), now
		if len(d.processes) == poisonDeaths {
			q.metrics.quarantined(q.plugin)
			q.log.Error("callback parked: it ends the plugin's process and is not sent to it again",
				"id", d.id, "app", d.app, "command", d.command, "deaths", len(d.processes))
		}
	}
	if len(d.processes) < poisonDeaths {
		q.suspects.put(d, maxSuspects)
		return
	}
	q.parked.put(d, maxRefused)
	q.refuseParked()
}

// refuseParked has exactly the parked refused; q.mu is held.
func (q *quarantine) refuseParked() {
	refused := make(map[string]int, len(q.parked.byID))
	for d := range q.parked.newestFirst() {
		refused[d.id] = len(d.processes)
	}
	q.refused.Store(&refused)
}

// list returns the parked, the newest first.
func (q *quarantine) list() []Parked {
	q.mu.Lock()
	defer q.mu.Unlock()
	var all []Parked
	for d := range q.parked.newestFirst() {
		if len(all) == maxParked {
			break
		}
		all = append(all, Parked{ID: d.id, App: d.app, Command: d.command, Deaths: len(d.processes), Since: d.last})
	}
	return all
}

// clear forgets everything.
func (q *quarantine) clear() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.suspects, q.parked = newShelf(), newShelf()
	q.refused.Store(nil)
}

// Blame says that in died, or was found wedged, unplanned and with these calls in
// hand. The calls that came back lost before that was known are added.
func (p *Pool) Blame(in *Intake, ids []string) {
	var calls []suspect
	for _, id := range ids {
		calls = append(calls, suspect{id: id})
	}
	in.mu.Lock()
	if in.end == endPlanned {
		in.mu.Unlock()
		return
	}
	in.end = endBlamed
	calls = append(slices.Clip(calls), in.lost...)
	in.lost = nil
	in.mu.Unlock()
	for _, s := range calls {
		p.quarantine.count(in.generation, s)
	}
}

// lose takes a call that came back lost. Whether it is to blame depends on how the
// process ended, which may be known later.
func (p *Pool) lose(in *Intake, s suspect) {
	in.mu.Lock()
	if in.end == endUnknown && !in.gone() {
		if len(in.lost) < maxLost {
			in.lost = append(in.lost, s)
		}
		in.mu.Unlock()
		return
	}
	end := in.end
	in.mu.Unlock()
	if end != endPlanned {
		p.quarantine.count(in.generation, s)
	}
}

// Parked returns the callbacks that are not sent to the plugin any more, the newest
// first, at most maxParked.
func (p *Pool) Parked() []Parked { return p.quarantine.list() }

// Pardon has all callbacks sent again: for another program, which may bear them.
func (p *Pool) Pardon() { p.quarantine.clear() }
