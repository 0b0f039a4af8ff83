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

// supervisor keeps one process of a deployment running. Its loop is the only
// goroutine that starts and ends processes; what to do is decided by policy.step,
// and the loop does it.
type supervisor struct {
	*deployment

	number int
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
	live      *instance   // the process, once it is ready
	unwatch   func()      // ends the watch over live
	signs     <-chan sign // what that sees
	condemned error       // why live is being killed
	serving   bool        // callbacks come here
	launches  chan launched
	giveUp    context.CancelFunc // of the launch under way
	timer     *time.Timer
	reason    startReason
	launching bool
	rekick    bool   // a kick came while launching
	said      string // why an attached plugin is not there, as it was logged last
}

// assignment gives callbacks to a supervisor's process, or takes them away.
type assignment struct {
	serving bool
	done    chan struct{}
}

type launched struct {
	instance *instance
	err      error
}

// supervisor makes the one of the deployment's process number; its run is the
// caller's to start. One that does not serve yet is on probation: it makes its
// process ready and waits to be given callbacks. It outlives ctx; only stop ends it.
func (d *deployment) supervisor(ctx context.Context, number int, reason startReason, serving bool) *supervisor {
	s := &supervisor{
		deployment: d, number: number, policy: d.policy(), log: d.log,
		quit: make(chan struct{}), kicks: make(chan struct{}, 1), assign: make(chan assignment),
		first: make(chan struct{}), done: make(chan struct{}),
		serving: serving, launches: make(chan launched, 1), reason: reason,
		timer: time.NewTimer(0), unwatch: func() {},
	}
	if d.plan.replicas > 1 {
		s.log = d.log.With("replica", number)
	}
	<-s.timer.C
	s.hurry, s.hasten = context.WithCancel(context.WithoutCancel(ctx))
	s.report = newReport(number)
	return s
}

// run is the loop.
func (s *supervisor) run() {
	defer close(s.done)
	defer s.hasten()
	defer s.timer.Stop()
	if !s.wanted() {
		return
	}
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
		case x := <-s.signs:
			s.heed(x)
		case <-s.timer.C:
			s.due()
		case <-s.kicks:
			s.kicked()
		case a := <-s.assign:
			s.assigned(a)
		case <-quit:
			quit = nil
			s.handle(event{kind: eventStop}, nil)
		}
	}
}

// wanted waits, in all processes but the first, until the first has said what the
// plugin is, and reports whether it may have more than one.
func (s *supervisor) wanted() bool {
	if s.number == 0 {
		return true
	}
	for {
		select {
		case <-s.known:
			return !s.exclusive()
		case a := <-s.assign: // the first may never come up, and its successor takes over
			s.assigned(a)
		case <-s.quit:
			return false
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
	e.jitter = rand.Float64() //nolint:gosec // Jitter is no secret.
	next, acts := s.policy.step(s.life, e, time.Now())
	s.life = next
	s.hopeful() // before a stop, which takes its time
	if next.state != before {
		s.entered(next.state, cause, waitOf(acts))
	}
	for _, a := range acts {
		s.do(a, cause)
	}
}

// do is one action of the policy.
func (s *supervisor) do(a action, cause error) {
	switch a.kind {
	case actLaunch:
		s.launch()
	case actWait:
		s.timer.Reset(a.wait)
	case actEject:
		s.eject(cause)
	case actReadmit:
		s.readmit()
	case actKill:
		s.condemned = cause
		s.live.condemn()
		s.timer.Reset(killPatience)
	case actStop:
		s.stopProcess()
		s.handle(event{kind: eventGone}, nil)
	}
}

// due is the end of a wait: for the next start, or for the end of a process that was
// killed. One that the kernel or a debugger holds is not waited for: its place is
// needed.
func (s *supervisor) due() {
	if s.life.state == StateWedged {
		s.buried(exitWedged, nil)
		return
	}
	s.handle(event{kind: eventDue}, nil)
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
		in, err := s.start(ctx, s.number, s.log)
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
		s.hear(l.err)
		s.reason = startCrash
		s.handle(event{kind: eventFailed, permanent: failure.permanent}, l.err)
		if s.rekick {
			s.rekick = false
			s.kick()
		}
		return
	}
	s.live, s.condemned, s.rekick = l.instance, nil, false
	s.report.ready(l.instance)
	s.introduce(l.instance.description)
	s.publish()
	s.signs, s.unwatch = s.watch(l.instance)
	s.handle(event{kind: eventReady}, nil)
}

// publish lets callbacks reach the ready process of a serving supervisor, and keeps
// them from that of any other.
func (s *supervisor) publish() {
	switch {
	case s.live == nil:
	case s.serving:
		s.remember(s.live)
		s.pool.Publish(s.live.intake)
		if s.life.ejected {
			s.pool.Eject(s.live.intake)
		}
		s.host.metrics.live(s.plan.name, s.live.description.Version, s.live.sha256, s.live.readyAt)
	default:
		s.withdraw()
	}
	s.hopeful()
}

// withdraw keeps callbacks away from the process for good.
func (s *supervisor) withdraw() {
	s.pool.Withdraw(s.live.intake)
}

// hopeful tells the pool whether this process is worth waiting for: one that is well,
// or was and will most likely be back within a callback's time. It says so before
// anything happens, since those who are inside notice a death first.
func (s *supervisor) hopeful() {
	l := s.life
	soon := false
	switch l.state {
	case StateReady, StateWedged:
		soon = true
	case StateBackoff, StateStarting:
		soon = !l.readyAt.IsZero() && l.failures <= maxHope
	case StateDraining, StateCrashLooping, StateFailed, StateDisabled, StateStopped:
	}
	s.pool.Expect(s, s.serving && soon)
}

// maxHope is how many failures in a row are taken for accidents.
const maxHope = 2

// died is the death of the ready process; nil, which blocks, without one.
func (s *supervisor) died() <-chan struct{} {
	if s.live == nil {
		return nil
	}
	return s.live.dead
}

// broke is the loss of the ready process's stream.
func (s *supervisor) broke() <-chan struct{} {
	if s.live == nil || s.life.state == StateWedged { // its death is near
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
	if s.condemned != nil {
		reason, cause = exitWedged, fmt.Errorf("it was killed because %w", s.condemned)
	}
	s.withdraw()
	s.pool.Blame(s.live.intake, s.live.client.Unanswered())
	in := s.live
	s.letGo()
	in.abandon()
	s.countExit(reason)
	s.reason = startCrash
	s.handle(event{kind: eventExited}, cause)
}

// letGo forgets the process and what was seen of it.
func (s *supervisor) letGo() {
	s.unwatch()
	s.countStrays(s.live)
	s.live, s.signs, s.condemned = nil, nil, nil
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
		s.live = l.instance
	}
	if s.live == nil {
		return
	}
	s.withdraw()
	in, condemned := s.live, s.condemned != nil
	in.intake.Dismiss()
	s.letGo()
	if condemned {
		in.abandon()
		s.countExit(exitWedged)
		return
	}
	if err := in.shutdown(s.hurry, limits{drain: s.host.options.DrainTimeout, grace: s.host.options.StopGrace}); err != nil {
		s.log.Warn("plugin did not stop in good order", "err", err)
	}
	reason, _ := in.fate()
	s.countExit(reason)
}

// countExit counts the end of a process that was the host's to start.
func (s *supervisor) countExit(reason exitReason) {
	if s.plan.reattach == "" {
		s.host.metrics.exit(s.plan.name, reason)
	}
}
