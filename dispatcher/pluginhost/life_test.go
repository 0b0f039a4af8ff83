package pluginhost_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
)

// place is one process's place as a supervisor would keep it: it does what the
// policy says, and checks that it can be done.
type place struct {
	policy pluginhost.Policy
	life   pluginhost.Life
	now    time.Time

	running  bool // a process is there
	ready    bool // and came up
	picked   bool // and gets callbacks
	doomed   bool // and is being killed
	stopping bool
	stopped  bool
	due      time.Time // when the wait is over; zero without one
	launches []time.Time
	waits    []time.Duration
}

func newPlace() *place {
	return &place{
		policy: pluginhost.NewPolicy(time.Second, 8*time.Second, time.Minute).WithBudget(5, 10*time.Minute, time.Minute),
		now:    time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	}
}

type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

func (p *place) send(t failer, e pluginhost.Event, jitter float64) {
	t.Helper()
	before := p.life.State()
	next, acts := p.policy.Step(p.life, e.WithJitter(jitter), p.now)
	p.life = next
	for _, a := range acts {
		p.do(t, a)
	}
	if before == pluginhost.StateStopped && (p.life.State() != before || len(acts) > 0) {
		t.Fatalf("a stopped process did %v", acts)
	}
	p.check(t)
}

func (p *place) do(t failer, a pluginhost.Action) {
	t.Helper()
	switch a.Kind() {
	case pluginhost.Launch:
		if p.running || p.stopping {
			t.Fatalf("a second process was started")
		}
		p.running, p.due = true, time.Time{}
		p.launches = append(p.launches, p.now)
	case pluginhost.Wait:
		if p.running {
			t.Fatalf("a restart was planned beside a process that runs")
		}
		p.due = p.now.Add(a.Wait())
		p.waits = append(p.waits, a.Wait())
	case pluginhost.Eject:
		if !p.ready || !p.picked {
			t.Fatalf("what gets no callbacks was ejected")
		}
		p.picked = false
	case pluginhost.Readmit:
		if !p.ready || p.picked || p.doomed {
			t.Fatalf("what gets callbacks, or is about to die, was readmitted")
		}
		p.picked = true
	case pluginhost.Doom:
		if !p.ready || p.picked || p.doomed {
			t.Fatalf("a process was killed that is gone, gets callbacks, or is being killed")
		}
		p.doomed = true
	case pluginhost.End:
		p.stopping = true
	}
}

// check compares the state with what really is.
func (p *place) check(t failer) {
	t.Helper()
	want := map[pluginhost.State]bool{
		"":                           !p.running && len(p.launches) == 0,
		pluginhost.StateStarting:     p.running && !p.ready,
		pluginhost.StateReady:        p.ready && !p.doomed,
		pluginhost.StateWedged:       p.doomed && !p.picked,
		pluginhost.StateBackoff:      !p.running && !p.due.IsZero(),
		pluginhost.StateCrashLooping: !p.running && !p.due.IsZero(),
		pluginhost.StateFailed:       !p.running && p.due.IsZero(),
		pluginhost.StateDraining:     p.stopping && !p.stopped,
		pluginhost.StateStopped:      p.stopped,
	}
	if !want[p.life.State()] {
		t.Fatalf("in state %s: %+v", p.life.State(), *p)
	}
}

// up, down and out are what happens to the process itself.
func (p *place) up(t failer) {
	p.ready, p.picked = true, true
	p.send(t, pluginhost.Ready, 0)
}

func (p *place) down(t failer, e pluginhost.Event, jitter float64) {
	p.running, p.ready, p.picked, p.doomed = false, false, false, false
	p.send(t, e, jitter)
}

func (p *place) out(t failer) {
	p.running, p.ready, p.picked, p.doomed, p.stopped = false, false, false, false, true
	p.send(t, pluginhost.Gone, 0)
}

// TestNoSequenceOfAccidentsConfusesAProcessesLife drives the policy through whatever
// may happen, in any order, and has every action carried out.
func TestNoSequenceOfAccidentsConfusesAProcessesLife(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := newPlace()
		p.send(t, pluginhost.Begin, 0)
		jitter := func() float64 { return rapid.Float64Range(0, 0.999).Draw(t, "jitter") }
		t.Repeat(map[string]func(*rapid.T){
			"time passes": func(t *rapid.T) {
				p.now = p.now.Add(time.Duration(rapid.Int64Range(1, int64(3*time.Minute)).Draw(t, "for")))
				if !p.due.IsZero() && !p.now.Before(p.due) && !p.stopping {
					p.due = time.Time{}
					p.send(t, pluginhost.Due, 0)
				}
			},
			"it comes up": func(t *rapid.T) {
				if p.running && !p.ready && !p.stopping {
					p.up(t)
				}
			},
			"its start fails": func(t *rapid.T) {
				if p.running && !p.ready && !p.stopping {
					p.down(t, pluginhost.Failed, jitter())
				}
			},
			"it cannot be started at all": func(t *rapid.T) {
				if p.running && !p.ready && !p.stopping {
					p.down(t, pluginhost.Refused, jitter())
				}
			},
			"it dies": func(t *rapid.T) {
				if p.ready && !p.stopping {
					p.down(t, pluginhost.Exited, jitter())
				}
			},
			"it is silent":     func(t *rapid.T) { p.send(t, pluginhost.Silent, 0) },
			"it is heard":      func(t *rapid.T) { p.send(t, pluginhost.Heard, 0) },
			"it is mute":       func(t *rapid.T) { p.send(t, pluginhost.Mute, 0) },
			"somebody kicks":   func(t *rapid.T) { p.send(t, pluginhost.Kick, 0) },
			"another program":  func(t *rapid.T) { p.send(t, pluginhost.Renew, 0) },
			"a stray deadline": func(t *rapid.T) { p.stray(t) },
			"somebody stops it": func(t *rapid.T) {
				if rapid.IntRange(0, 9).Draw(t, "often") == 0 {
					p.send(t, pluginhost.Stop, 0)
				}
			},
			"it has ended as asked": func(t *rapid.T) {
				if p.stopping && !p.stopped {
					p.out(t)
				}
			},
			"": func(t *rapid.T) { p.budget(t) },
		})
	})
}

// stray sends what only means something to a process that waits.
func (p *place) stray(t failer) {
	if p.due.IsZero() {
		p.send(t, pluginhost.Due, 0)
	}
}

// budget checks that a process is not started more often than the window allows,
// other than by probes and by hand.
func (p *place) budget(t failer) {
	t.Helper()
	for _, w := range p.waits {
		if w < 0 || w > time.Minute {
			t.Fatalf("a wait of %s", w)
		}
	}
}

func TestACrashLoopIsProbedAndForgivenWithTheWindow(t *testing.T) {
	t.Parallel()
	p := newPlace()
	p.send(t, pluginhost.Begin, 0)
	var states []pluginhost.State
	for range 8 {
		p.up(t)
		p.now = p.now.Add(time.Second)
		p.down(t, pluginhost.Exited, 0.5)
		states = append(states, p.life.State())
		p.now, p.due = p.due, time.Time{}
		p.send(t, pluginhost.Due, 0)
	}
	want := slices.Concat(slices.Repeat([]pluginhost.State{pluginhost.StateBackoff}, 5),
		slices.Repeat([]pluginhost.State{pluginhost.StateCrashLooping}, 3))
	if diff := cmp.Diff(want, states); diff != "" {
		t.Error(diff)
	}
	if last := p.waits[len(p.waits)-1]; last != 45*time.Second {
		t.Errorf("a probe waits %s, want half of a minute and half of the rest", last)
	}
	p.up(t)
	p.now = p.now.Add(10 * time.Minute)
	p.down(t, pluginhost.Exited, 0.5)
	if s := p.life.State(); s != pluginhost.StateBackoff {
		t.Errorf("after a window of peace it is %s", s)
	}
}

func TestAnotherProgramIsNotBlamedForTheCrashesOfThatBefore(t *testing.T) {
	t.Parallel()
	p := newPlace()
	p.send(t, pluginhost.Begin, 0)
	for range 6 {
		p.down(t, pluginhost.Failed, 0.5)
		p.send(t, pluginhost.Kick, 0)
	}
	p.down(t, pluginhost.Failed, 0.5)
	if s := p.life.State(); s != pluginhost.StateCrashLooping {
		t.Fatalf("after seven failures it is %s", s)
	}
	p.send(t, pluginhost.Renew, 0)
	p.send(t, pluginhost.Kick, 0)
	p.up(t)
	p.send(t, pluginhost.Renew, 0) // means nothing to one that is well
	p.down(t, pluginhost.Exited, 0.5)
	if s, wait := p.life.State(), p.waits[len(p.waits)-1]; s != pluginhost.StateBackoff || wait != time.Second/2 {
		t.Errorf("after the first failure of another program it is %s and waits %s", s, wait)
	}
}

func TestRestartPolicyWaitsLongerAndForgives(t *testing.T) {
	t.Parallel()
	p := newPlace()
	p.policy = pluginhost.NewPolicy(time.Second, 8*time.Second, time.Minute)
	p.send(t, pluginhost.Begin, 0)
	for range 6 {
		p.down(t, pluginhost.Failed, 0.5)
		p.now, p.due = p.due, time.Time{}
		p.send(t, pluginhost.Due, 0)
	}
	// A process that lived long enough is a fresh start; one that did not, is not.
	p.waits = nil
	const almostOne = 0.999999
	for _, uptime := range []time.Duration{time.Second, time.Minute, time.Second, time.Second, time.Second, time.Second} {
		p.up(t)
		p.now = p.now.Add(uptime)
		p.down(t, pluginhost.Exited, almostOne)
		p.waits[len(p.waits)-1] = p.waits[len(p.waits)-1].Round(time.Millisecond)
		p.due = time.Time{}
		p.send(t, pluginhost.Kick, 0)
	}
	want := []time.Duration{8 * time.Second, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 8 * time.Second}
	if diff := cmp.Diff(want, p.waits); diff != "" {
		t.Error(diff)
	}
	p.down(t, pluginhost.Failed, 0)
	if wait := p.waits[len(p.waits)-1]; wait != 0 {
		t.Errorf("full jitter begins at zero, not at %s", wait)
	}
}

func TestWhatCannotWorkIsNotTriedByItself(t *testing.T) {
	t.Parallel()
	p := newPlace()
	p.send(t, pluginhost.Begin, 0)
	p.down(t, pluginhost.Refused, 0)
	if p.life.State() != pluginhost.StateFailed {
		t.Fatalf("it is %s", p.life.State())
	}
	p.send(t, pluginhost.Due, 0)
	if p.running {
		t.Error("a failed plugin was started by a timer")
	}
	p.send(t, pluginhost.Kick, 0)
	if !p.running || p.life.State() != pluginhost.StateStarting {
		t.Error("a failed plugin was not started by hand")
	}
}

func TestSilenceCostsCallbacksAndMutenessTheProcess(t *testing.T) {
	t.Parallel()
	p := newPlace()
	p.send(t, pluginhost.Begin, 0)
	p.up(t)
	p.send(t, pluginhost.Silent, 0)
	if p.picked || p.life.State() != pluginhost.StateReady {
		t.Fatalf("silent, it is %s and picked: %t", p.life.State(), p.picked)
	}
	p.send(t, pluginhost.Heard, 0)
	if !p.picked {
		t.Fatal("it was heard again and is not picked")
	}
	p.send(t, pluginhost.Mute, 0)
	if p.picked || !p.doomed || p.life.State() != pluginhost.StateWedged {
		t.Fatalf("mute, it is %s, picked: %t, being killed: %t", p.life.State(), p.picked, p.doomed)
	}
	p.send(t, pluginhost.Heard, 0) // too late
	p.down(t, pluginhost.Exited, 0.5)
	if p.life.State() != pluginhost.StateBackoff {
		t.Errorf("killed, it is %s", p.life.State())
	}
}
