package conformance

import (
	"context"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire"
	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

// drain asks the process to finish. All calls so far have been answered or given
// up, so that one which is still under way was lost.
func (s *suite) drain(ctx context.Context) finding {
	if !s.description.Has(wire.CapabilityDrain) {
		return none("it does not offer drain")
	}
	p, err := s.live(ctx)
	if err != nil {
		return fail("%v", err)
	}
	limit := s.options.Patience
	within, cancel := context.WithTimeout(ctx, limit+limit/5)
	defer cancel()
	m, err := p.link.rpc.Drain(within, &wirepb.DrainRequest{TimeoutNanos: int64(limit)})
	switch {
	case err != nil:
		return fail("Drain with a timeout of %s: %v", limit, err)
	case m.GetRemaining() > 0:
		return fail("%d calls are still under way, although nobody waits for one: does a handler go on after its context ended?", m.GetRemaining())
	}
	cb := s.ordinary()
	a := s.ask(ctx, p, cb, limit)
	if a.status != nil || sdk.KindOf(cause(a.fault, "handled")) != sdk.KindOverloaded {
		return fail("a callback after Drain is answered with %s: refuse it as RESULT_OVERLOADED", named(a))
	}
	return pass("nothing was left, and later callbacks are refused as overloaded")
}

// stop ends the process as the gateway does.
func (s *suite) stop(ctx context.Context) finding {
	p, err := s.live(ctx)
	if err != nil {
		return fail("%v", err)
	}
	s.stopped = true
	began := time.Now()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fail("it could not be told to end: %v", err)
	}
	if !p.endsWithin(s.options.Patience) {
		return fail("it runs on %s after SIGTERM: finish what is under way, then exit with 0", s.options.Patience)
	}
	switch state := p.cmd.ProcessState; {
	case state.ExitCode() == 0:
		return pass("exit 0, %s after SIGTERM", round(milliseconds(time.Since(began))))
	case state.Exited():
		return fail("after SIGTERM it ends with %s: exit with 0 when all went well; %s", state, p.lastWords())
	default:
		return fail("SIGTERM kills it (%s): catch it, finish what is under way, then exit with 0", state)
	}
}

// stdout looks at what all processes printed besides their handshake.
func (s *suite) stdout(context.Context) finding {
	s.drop(&s.first)
	all := s.ended
	if s.current != nil {
		all = append(slices.Clip(all), s.current)
	}
	for _, p := range all {
		if text := p.out.extra(); text != "" {
			return fail("it prints to standard output, which belongs to the handshake: %s; print to standard error", shown(text))
		}
	}
	return pass("nothing but the handshake")
}

// leftovers looks at what the stopped process left behind.
func (s *suite) leftovers(context.Context) finding {
	p := s.current
	if p == nil || !p.hasEnded() {
		return unchecked("it did not end in good order: see stop")
	}
	if p.childrenRemain(s.options.Patience) {
		return fail("processes that it started are still there: end them first, or become the program with exec where a script starts it")
	}
	files, err := os.ReadDir(p.sockets)
	if err != nil {
		return fail("look for its sockets: %v", err)
	}
	if len(files) > 0 {
		return fail("its socket %s is still there: remove it when the server has stopped", files[0].Name())
	}
	return pass("no process, no socket")
}
