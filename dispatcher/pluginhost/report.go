package pluginhost

import (
	"slices"
	"sync"
	"time"

	"github.com/switchhook/switchhook/dispatcher/pluginhost/settings"
)

// report is what a supervisor says of its process, kept for whoever asks.
type report struct {
	mu        sync.Mutex
	replica   Replica
	unhealthy string
	inForce   []string
	process   *instance // while there is one that is ready
}

func newReport(number int) *report {
	return &report{replica: Replica{Number: number, State: StateStarting, Since: time.Now()}}
}

func (r *report) enter(state State, cause error, restart bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.replica.State, r.replica.Since = state, time.Now()
	if state != StateReady && state != StateDraining && state != StateWedged {
		r.replica.PID, r.replica.Ejected, r.unhealthy, r.process = 0, "", "", nil
	}
	if cause != nil {
		r.replica.Error = cause.Error()
	}
	if restart {
		r.replica.Restarts++
	}
}

func (r *report) ready(in *instance) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.replica.PID, r.replica.SHA256, r.process, r.inForce = in.pid, in.sha256, in, in.inForce
}

// eject says why the process gets no callbacks, or with "" that it gets them.
func (r *report) eject(why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.replica.Ejected = why
}

// health takes the outcome of a health check and returns the one before.
func (r *report) health(err error) (before string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	before, r.unhealthy = r.unhealthy, ""
	if err != nil {
		r.unhealthy = err.Error()
	}
	return before
}

// isolation names what is in force for the process.
func (r *report) isolation() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.inForce
}

// status returns the process, and why it is not well.
func (r *report) status() Replica {
	r.mu.Lock()
	defer r.mu.Unlock()
	replica := r.replica
	if r.process != nil {
		replica.InFlight, replica.Strays = int(r.process.intake.InFlight()), int(r.process.client.Strays())
	}
	switch {
	case replica.Ejected != "":
		replica.Unhealthy = replica.Ejected
	default:
		replica.Unhealthy = r.unhealthy
	}
	return replica
}

// readyInstance returns the process, or nil where there is none that is ready.
func (r *report) readyInstance() *instance {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.replica.State != StateReady {
		return nil
	}
	return r.process
}

// rank orders states by how well a plugin is off in them.
func rank(s State) int {
	return slices.Index([]State{
		StateReady, StateStarting, StateDraining, StateWedged, StateBackoff, StateCrashLooping,
		StateFailed, StateDisabled, StateStopped,
	}, s)
}

// status says of the plugin as a whole what its processes come to.
func (d *deployment) status() Status {
	s := d.base()
	var best Replica
	for i, sup := range d.running() {
		r := sup.report.status()
		s.take(r)
		if r.State == StateReady {
			s.InForce = sup.report.isolation()
		}
		// Until the first process has come up, the others only wait for it.
		if i == 0 || s.ClaimsFrom == ClaimsLive && rank(r.State) < rank(best.State) {
			best = r
		}
	}
	s.State, s.Since, s.PID = best.State, best.Since, best.PID
	s.Drift, s.Refused = d.drift(s.State)
	if best.SHA256 != "" {
		s.SHA256 = best.SHA256
	}
	s.Wanted = len(s.Replicas)
	if !d.plan.runs() {
		s.Wanted = 0
	}
	if s.Unhealthy != "" {
		s.Error = "unhealthy: " + s.Unhealthy
	}
	return s
}

// take adds a process to what is said of the plugin as a whole. What keeps one from
// working is told rather than what another has come over.
func (s *Status) take(r Replica) {
	s.Replicas = append(s.Replicas, r)
	s.Restarts += r.Restarts
	if r.State == StateReady {
		s.Ready++
	}
	switch {
	case r.Unhealthy != "":
		s.Unhealthy = r.Unhealthy
	case r.Error != "" && (s.Error == "" || r.State != StateReady):
		s.Error = r.Error
	}
}

// tally tells the metrics of the processes of a plugin that is in force.
func (d *deployment) tally() {
	d.host.tallies.Lock()
	defer d.host.tallies.Unlock()
	if d.host.running(d.plan.name) != d {
		return
	}
	var all []Replica
	for _, s := range d.running() {
		all = append(all, s.report.status())
	}
	d.host.metrics.states(d.plan.name, all)
}

// base is what does not depend on any one process.
func (d *deployment) base() Status {
	remembered, _ := d.host.recall(d.plan.name)
	s := Status{
		Name: d.plan.name, Path: d.plan.path, MTLS: d.plan.mtls, Debug: d.plan.debug, Attached: d.plan.reattach != "", Gone: d.plan.orphaned != nil,
		SHA256: d.stored.SHA256, Parked: d.pool.Parked(),
	}
	s.Description, s.ClaimsFrom = d.said()
	s.Claims = slices.Clone(s.Description.Claims)
	s.Config = settings.Shown(s.Description.ConfigSchema, d.plan.config, d.plan.secrets)
	if d.plan.braked {
		s.Brakes = append(s.Brakes, BrakeDisabled)
	}
	if remembered.rolledBack() {
		s.Brakes = append(s.Brakes, BrakeRolledBack)
	}
	return s
}
