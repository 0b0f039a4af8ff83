package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

// supervisor keeps one plugin running as one plan says. A changed plan is
// another supervisor's: the two share nothing but the plugin's pool.
//
// Its loop is the only goroutine that starts and ends processes; what to do is
// decided by policy.step, and the loop does it.
type supervisor struct {
	plan   plan
	host   *Host
	slot   *pool
	policy policy
	log    *slog.Logger
	report *report // what the world sees

	// Requests to the loop.
	quit   chan struct{}      // closed: end in good order
	once   sync.Once          // closes quit
	hurry  context.Context    //nolint:containedctx // The loop's own life, not a request's.
	hasten context.CancelFunc // ends hurry: do not be gentle
	kicks  chan struct{}
	assign chan assignment

	first chan struct{} // closed when the first start is decided
	done  chan struct{} // closed when the loop has ended

	// The loop's own.
	life      life
	live      *instance // the process, once it is ready
	unwatch   func()    // ends the health checks of live
	serving   bool      // its callbacks come here
	launches  chan launched
	giveUp    context.CancelFunc // of the launch under way
	timer     *time.Timer
	reason    startReason
	launching bool
	said      string // why an attached plugin is not there, as it was logged last
}

// assignment gives a supervisor its plugin's callbacks, or takes them away.
type assignment struct {
	serving bool
	done    chan struct{}
}

type launched struct {
	instance *instance
	err      error
}

// supervise starts a plugin's loop. A supervisor that does not serve yet is on
// probation: it makes its process ready and waits to be given the callbacks. It
// outlives ctx; only stop ends it.
func supervise(ctx context.Context, h *Host, p plan, sl *pool, reason startReason, serving bool) *supervisor {
	s := &supervisor{
		plan: p, host: h, slot: sl,
		policy: policy{base: h.options.BackoffBase, max: h.options.BackoffMax, settle: h.options.BackoffMax},
		log:    h.options.Logger.With("plugin", p.name),
		quit:   make(chan struct{}), kicks: make(chan struct{}, 1), assign: make(chan assignment),
		first: make(chan struct{}), done: make(chan struct{}),
		serving: serving, launches: make(chan launched, 1), reason: reason,
		timer: time.NewTimer(0),
	}
	if p.reattach != "" {
		s.policy.max = min(s.policy.max, attachEvery)
	}
	<-s.timer.C
	s.hurry, s.hasten = context.WithCancel(context.WithoutCancel(ctx))
	stored, known := h.remembered(p.name, s.log)
	s.report = newReport(p, stored, known)
	go s.run() //nolint:contextcheck // The loop has a life of its own.
	return s
}

// run is the loop.
func (s *supervisor) run() {
	defer close(s.done)
	defer s.hasten()
	defer s.timer.Stop()
	s.begin()
	quit := s.quit
	for s.life.state != StateStopped {
		select {
		case l := <-s.launches:
			s.launched(l)
		case <-s.died():
			s.buried(s.live.fate())
		case <-s.broke():
			s.lost()
		case <-s.timer.C:
			s.handle(event{kind: eventDue}, nil)
		case <-s.kicks:
			if s.life.state == StateBackoff || s.life.state == StateFailed {
				s.reason = startReload
			}
			s.handle(event{kind: eventKick}, nil)
		case a := <-s.assign:
			s.serving = a.serving
			s.publish()
			close(a.done)
		case <-quit:
			quit = nil
			s.handle(event{kind: eventStop}, nil)
		}
	}
}

// begin makes the first start, where there is something to start.
func (s *supervisor) begin() {
	switch {
	case s.plan.disabled:
		s.life.state = StateDisabled
		s.entered(StateDisabled, nil, 0)
	case s.plan.orphaned != nil:
		s.life.state = StateFailed
		s.entered(StateFailed, s.plan.orphaned, 0)
	default:
		s.handle(event{kind: eventBegin}, nil)
	}
	if s.plan.debug {
		s.decided() // whoever steps through a start keeps nobody waiting
	}
}

// handle takes an event through the policy and does what follows. cause is the
// error behind the event, if any.
func (s *supervisor) handle(e event, cause error) {
	before := s.life.state
	next, act, wait := s.policy.step(s.life, e, rand.Float64()) //nolint:gosec // Jitter is no secret.
	s.life = next
	if next.state != before {
		s.entered(next.state, cause, wait)
	}
	switch act {
	case actLaunch:
		s.launch()
	case actWait:
		s.timer.Reset(wait)
	case actStop:
		s.stopProcess()
		s.handle(event{kind: eventGone}, nil)
	case actNothing:
	}
}

// launch starts a process in the background; launches brings the outcome.
func (s *supervisor) launch() {
	s.timer.Stop()
	if s.plan.reattach == "" {
		s.host.metrics.start(s.plan.name, s.reason)
	}
	ctx, cancel := context.WithCancel(s.hurry)
	s.giveUp, s.launching = cancel, true
	go func() {
		var prog program
		var err error
		if s.plan.reattach == "" {
			prog, err = s.host.store.stage(s.plan)
		}
		if err != nil {
			s.launches <- launched{nil, err}
			return
		}
		in, err := s.host.launcher.launch(ctx, s.plan, prog, s.log, s.host.metrics.printed(s.plan.name))
		s.launches <- launched{in, err}
	}()
}

var errBroken = errors.New("it lives, but its stream is broken")

// launched takes the outcome of a launch.
func (s *supervisor) launched(l launched) {
	s.giveUp()
	s.launching = false
	if l.err != nil {
		failure := startFailure(l.err)
		s.countExit(failure.reason)
		s.reason = startCrash
		s.handle(event{kind: eventFailed, permanent: failure.permanent}, l.err)
		return
	}
	s.live = l.instance
	s.report.ready(l.instance)
	s.publish()
	s.unwatch = s.watch(l.instance)
	s.handle(event{kind: eventReady}, nil)
}

// publish lets callbacks reach the ready process of a serving supervisor. One
// that did before is retired by its own supervisor.
func (s *supervisor) publish() {
	if s.live == nil || !s.serving {
		return
	}
	if s.plan.reattach == "" { // what is being written is not what is installed
		s.host.remember(s.plan, s.live, s.log)
	}
	s.slot.describe(s.live.description.Claims)
	s.slot.exchange(s.live.intake)
	s.host.metrics.live(s.plan.name, s.live.description.Version, s.live.sha256, s.live.readyAt)
}

// withdraw keeps callbacks away from the process.
func (s *supervisor) withdraw() {
	if s.slot.withdraw(s.live.intake) {
		s.host.metrics.down(s.plan.name)
	}
}

// died is the death of the ready process; nil, which blocks, without one.
func (s *supervisor) died() <-chan struct{} {
	if s.live == nil {
		return nil
	}
	return s.live.dead
}

// broke is the loss of the ready process's stream.
func (s *supervisor) broke() <-chan struct{} {
	if s.live == nil {
		return nil
	}
	return s.live.client.Broken()
}

// lossPatience is how long a process without its stream is given to be seen dead.
// On a busy machine that takes its time, and then says how it died.
const lossPatience = 2 * time.Second

// lost treats a process without its stream as dead: most often it is, and the
// kernel has not said so yet. One that lives on answers nothing.
func (s *supervisor) lost() {
	s.withdraw()
	timer := time.NewTimer(lossPatience)
	defer timer.Stop()
	select {
	case <-s.live.dead:
		s.buried(s.live.fate())
	case <-timer.C:
		s.buried(exitKilled, errBroken)
	}
}

// buried clears away the process that was ready, which came to its end for that
// reason.
func (s *supervisor) buried(reason exitReason, cause error) {
	s.withdraw()
	in, uptime := s.live, time.Since(s.live.readyAt)
	s.slot.blame(in.intake, nil)
	s.unwatch()
	s.live = nil
	in.abandon()
	s.countExit(reason)
	s.report.gone()
	s.reason = startCrash
	s.handle(event{kind: eventExited, uptime: uptime}, cause)
}

// stopProcess ends whatever is running: a process in use in good order, one
// that is just starting at once.
func (s *supervisor) stopProcess() {
	if s.launching {
		s.giveUp()
		l := <-s.launches
		s.launching = false
		if l.err != nil {
			s.countExit(exitClean) // ended because it was asked to
			return
		}
		s.live, s.unwatch = l.instance, func() {}
	}
	if s.live == nil {
		return
	}
	s.withdraw()
	s.unwatch()
	in := s.live
	in.intake.dismiss()
	s.live = nil
	if err := in.shutdown(s.hurry, limits{drain: s.host.options.DrainTimeout, grace: s.host.options.StopGrace}); err != nil {
		s.log.Warn("plugin did not stop in good order", "err", err)
	}
	reason, _ := in.fate()
	s.countExit(reason)
	s.report.gone()
}

// countExit counts the end of a process that was the host's to start.
func (s *supervisor) countExit(reason exitReason) {
	if s.plan.reattach == "" {
		s.host.metrics.exit(s.plan.name, reason)
	}
}

// stop ends the plugin and waits until it is gone. When ctx ends first, the
// process is killed.
func (s *supervisor) stop(ctx context.Context) {
	s.once.Do(func() { close(s.quit) })
	select {
	case <-s.done:
		return
	case <-ctx.Done():
	}
	s.hasten()
	<-s.done
}

// kick has a plugin that waits or has failed tried again at once.
func (s *supervisor) kick() {
	select {
	case s.kicks <- struct{}{}:
	default:
	}
}

// serve gives the plugin's callbacks to this supervisor's process, the present
// one and all later ones, or leaves them to another's. It returns when that is
// so. A process that answers goes on until another takes its place.
func (s *supervisor) serve(serving bool) {
	a := assignment{serving: serving, done: make(chan struct{})}
	select {
	case s.assign <- a:
		<-a.done
	case <-s.done:
	}
}

// awaitFirst waits until the first start is decided.
func (s *supervisor) awaitFirst(ctx context.Context) error {
	select {
	case <-s.first:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for plugin %s: %w", s.plan.name, context.Cause(ctx))
	}
}
