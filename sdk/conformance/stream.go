package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/switchhook/switchhook/sdk/wire"
	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

const (
	// streamCalls is how many calls are made by stream, in messages of at most
	// streamFrames.
	streamCalls  = 200
	streamFrames = 64
	// cancelledCalls is how many more are cancelled at once.
	cancelledCalls = 16
	// beats is how many heartbeats of an idle stream are waited for.
	beats = 2
)

// stream makes calls by stream and compares the answers with those of Handle.
func (s *suite) stream(ctx context.Context) finding {
	if !s.description.Has(wire.CapabilityStream) {
		return none("it does not offer stream")
	}
	p, err := s.live(ctx)
	if err != nil {
		return fail("%v", err)
	}
	calls, err := s.unaryAnswers(ctx, p)
	if err != nil {
		return fail("%v", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	t, err := s.openTrack(ctx, p)
	if err != nil {
		return fail("%v", err)
	}
	t.calls = calls
	for _, step := range []func(context.Context) error{t.call, t.withdraw, t.idle, t.end} {
		if err := step(ctx); err != nil {
			return fail("%v", err)
		}
	}
	return pass("%d calls answered as by Handle, each once, %d cancelled, heartbeats while idle", streamCalls, cancelledCalls)
}

// unaryAnswers makes by Handle the calls that will be made by stream. It comes
// first, so that no heartbeats pile up meanwhile.
func (s *suite) unaryAnswers(ctx context.Context, p *process) ([]expected, error) {
	commands := s.commands()
	calls := make([]expected, streamCalls)
	for i := range calls {
		cb, _ := s.sample(commands[i%len(commands)])
		a := s.ask(ctx, p, cb, s.options.Patience)
		if a.status != nil {
			return nil, fmt.Errorf("%s by Handle: %w", cb.Command, a.status)
		}
		cb.Traceparent = traceparent // a gateway that traces has to get the same answers
		calls[i] = expected{cb: cb, unary: a.raw}
	}
	return calls, nil
}

// call makes many calls, several in a message, and collects the answers.
func (t *track) call(ctx context.Context) error {
	for some := range slices.Chunk(t.calls, streamFrames) {
		m := &wirepb.HandleStreamRequest{}
		for _, e := range some {
			m.Calls = append(m.Calls, t.request(e))
		}
		if err := t.stream.Send(m); err != nil {
			return fmt.Errorf("send calls: %w", err)
		}
	}
	return t.collect(ctx)
}

// withdraw cancels calls with the message that makes them, and some that are no
// more or never were.
func (t *track) withdraw(ctx context.Context) error {
	m := &wirepb.HandleStreamRequest{Cancels: []uint64{1, 1 << 60}}
	for range cancelledCalls {
		r := t.request(expected{cb: t.suite.ordinary()})
		m.Calls, m.Cancels = append(m.Calls, r), append(m.Cancels, r.GetSequence())
	}
	if err := t.stream.Send(m); err != nil {
		return fmt.Errorf("cancel calls: %w", err)
	}
	if err := t.collect(ctx); err != nil {
		return fmt.Errorf("after a cancel, which needs an answer as any call: %w", err)
	}
	return nil
}

// idle waits for heartbeats, and finds answers that nobody asked for.
func (t *track) idle(ctx context.Context) error {
	for range beats {
		m, err := t.next(ctx)
		if err != nil {
			return fmt.Errorf("an empty message is due every %s on an idle stream: %w", wire.HeartbeatInterval, err)
		}
		if err := t.take(m); err != nil {
			return err
		}
	}
	return nil
}

// end closes the gateway's side, and waits for the plugin's.
func (t *track) end(ctx context.Context) error {
	if err := t.stream.CloseSend(); err != nil {
		return fmt.Errorf("end the stream: %w", err)
	}
	for last := time.Now().Add(t.suite.options.Patience); time.Now().Before(last); {
		_, err := t.next(ctx)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("when the gateway ends a stream, the plugin ends it with OK: %w", err)
		}
	}
	return errors.New("the gateway has ended the stream, and the plugin goes on sending heartbeats")
}
