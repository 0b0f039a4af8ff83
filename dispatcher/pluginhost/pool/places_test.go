package pool_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/switchhook/switchhook/sdk"
)

// move is something that happens to a pool.
type move struct {
	What    string
	Who     int // a process or a call
	Command string
}

// story draws what happens. All is drawn before the clock of the bubble starts.
func story(t *rapid.T) []move {
	what := rapid.SampledFrom([]string{
		"call", "call", "call", "call", "leave", "answer", "fail", "die", "publish", "withdraw", "replace", "eject", "readmit",
		"expect", "expect nobody", "wait", "limit",
	})
	command := rapid.SampledFrom([]string{afterCommand, beforeCommand, "X.CallbackX"})
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) move {
		return move{what.Draw(t, "what"), rapid.IntRange(0, 7).Draw(t, "who"), command.Draw(t, "command")}
	}), 1, 60).Draw(t, "moves")
}

// stage plays a story.
type stage struct {
	f         *fixture
	processes []*process
	words     []chan error // what a process answers next
	leave     []context.CancelFunc
	returned  chan string // ids of the calls that came back
	seen      map[string]int
	entries   chan sdk.Callback
	problems  []string
}

func (s *stage) enter() *process {
	var p *process
	words := make(chan error, 1)
	p = newProcess(func(_ context.Context, cb sdk.Callback) (sdk.Reply, error) {
		s.entries <- cb
		select {
		case err := <-words:
			return sdk.Reply{}, err
		case <-p.dead:
			return sdk.Reply{}, errDied
		}
	})
	s.processes, s.words = append(s.processes, p), append(s.words, words)
	return p
}

func (s *stage) call(t *testing.T, command string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	id := strconv.Itoa(len(s.leave))
	s.leave = append(s.leave, cancel)
	go func() {
		_, _ = s.f.Handle(ctx, sdk.Callback{ID: id, Command: command, Attempt: 1})
		s.returned <- id
	}()
}

// play makes one move, and lets everything that follows from it happen.
func (s *stage) play(t *testing.T, m move) {
	t.Helper()
	who := m.Who % len(s.processes)
	p := s.processes[who]
	switch m.What {
	case "call":
		s.call(t, m.Command)
	case "leave":
		if len(s.leave) > 0 {
			s.leave[m.Who%len(s.leave)]()
		}
	case "answer", "fail":
		var err error
		if m.What == "fail" {
			err = errOwn
		}
		select {
		case s.words[who] <- err:
		default:
		}
	case "die":
		p.die()
	case "publish":
		s.f.Publish(s.enter().Intake)
	case "withdraw":
		s.f.Withdraw(p.Intake)
		p.Retire()
	case "replace":
		s.f.Replace(p.Intake, s.enter().Intake)
		p.Retire()
	case "eject":
		s.f.Eject(p.Intake)
	case "readmit":
		s.f.Readmit(p.Intake)
	case "expect", "expect nobody":
		s.f.ExpectSomebody(m.What == "expect")
	case "limit":
		s.f.Limit(1+m.Who, 0)
	case "wait":
		time.Sleep(200 * time.Millisecond) //nolint:forbidigo // the bubble's clock
	}
	synctest.Wait()
}

// end ends everything and checks that nothing is left.
func (s *stage) end() {
	time.Sleep(2 * time.Second) //nolint:forbidigo // the bubble's clock: all deadlines are over
	synctest.Wait()
	if n := len(s.returned); n != len(s.leave) {
		s.problems = append(s.problems, fmt.Sprintf("%d of %d calls came back in time", n, len(s.leave)))
	}
	for _, p := range s.processes {
		p.die()
	}
	synctest.Wait()
	for _, command := range []string{afterCommand, beforeCommand, "X.CallbackX"} {
		if held, queued := s.f.Held(command), s.f.Queued(command); held != 0 || queued != 0 {
			s.problems = append(s.problems, fmt.Sprintf("%s: %d places held, %d wait", command, held, queued))
		}
	}
	if n := s.f.Waiters(); n != 0 {
		s.problems = append(s.problems, fmt.Sprintf("%d wait for a process", n))
	}
	for i, p := range s.processes {
		select {
		case <-p.Retire():
		default:
			s.problems = append(s.problems, fmt.Sprintf("process %d still has %d calls", i, p.InFlight()))
		}
	}
	close(s.entries)
	for cb := range s.entries {
		s.seen[cb.ID]++
		if n := s.seen[cb.ID]; n > 2 || (n > 1 && cb.Command == beforeCommand) {
			s.problems = append(s.problems, fmt.Sprintf("%s %s came %d times", cb.Command, cb.ID, n))
		}
	}
}

// TestPlacesNeverLeak plays any sequence of calls, answers, deaths and changes of
// the pool: in the end no place is held, nobody waits, every call has come back,
// and none came to a plugin more often than it may.
func TestPlacesNeverLeak(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		moves := story(rt)
		var problems []string
		synctest.Test(t, func(t *testing.T) {
			s := &stage{
				f: newFixture(t), seen: map[string]int{},
				returned: make(chan string, len(moves)), entries: make(chan sdk.Callback, 2*len(moves)),
			}
			s.f.Limit(2, 0)
			s.f.Publish(s.enter().Intake)
			for _, m := range moves {
				s.play(t, m)
			}
			s.end()
			problems = s.problems
		})
		if len(problems) > 0 {
			rt.Fatalf("%v", problems)
		}
	})
}
