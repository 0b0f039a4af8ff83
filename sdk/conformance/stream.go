package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
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

// track is one stream and what is still to come on it.
type track struct {
	suite    *suite
	process  *process
	stream   wirepb.PluginService_HandleStreamClient
	messages chan *wirepb.HandleStreamResponse
	ended    chan error
	calls    []expected // calls to make
	sequence uint64
	open     map[uint64]expected // calls that were not answered yet
}

// expected is a call by stream and its answer by Handle; nil where any will do.
type expected struct {
	cb    sdk.Callback
	unary *wirepb.HandleResponse
}

// openTrack opens a stream and waits for the plugin's first sign of life.
func (s *suite) openTrack(ctx context.Context, p *process) (*track, error) {
	stream, err := p.link.rpc.HandleStream(ctx)
	if err != nil {
		return nil, fmt.Errorf("open a stream: %w", err)
	}
	t := &track{
		suite: s, process: p, stream: stream, open: map[uint64]expected{},
		messages: make(chan *wirepb.HandleStreamResponse), ended: make(chan error, 1),
	}
	go t.read(ctx)
	if _, err := t.next(ctx); err != nil {
		return nil, fmt.Errorf("an empty message, as soon as the stream is open, is the first sign of life: %w", err)
	}
	return t, nil
}

func (t *track) read(ctx context.Context) {
	for {
		m, err := t.stream.Recv()
		if err != nil {
			t.ended <- err
			return
		}
		select {
		case t.messages <- m:
		case <-ctx.Done():
			return
		}
	}
}

var errNoMessage = errors.New("no message came in time")

// next returns the next message.
func (t *track) next(ctx context.Context) (*wirepb.HandleStreamResponse, error) {
	timer := time.NewTimer(t.suite.options.Patience)
	defer timer.Stop()
	select {
	case m := <-t.messages:
		return m, nil
	case err := <-t.ended:
		t.ended <- err
		return nil, fmt.Errorf("the stream ended: %w", err)
	case <-timer.C:
		return nil, errNoMessage
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for a message: %w", ctx.Err())
	}
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

// request prepares a call that was not made yet.
func (t *track) request(e expected) *wirepb.HandleRequest {
	t.sequence++
	t.open[t.sequence] = e
	return &wirepb.HandleRequest{
		Id: e.cb.ID, Key: e.cb.Key, Command: e.cb.Command, AppId: e.cb.AppID, ClientIp: e.cb.ClientIP, Platform: e.cb.Platform,
		ReceivedAtUnixNanos: e.cb.ReceivedAt.UnixNano(), Attempt: 1, Purpose: wirepb.Purpose_PURPOSE_LIVE,
		TimeoutNanos: int64(t.suite.options.Patience), Body: e.cb.Body, Sequence: t.sequence,
	}
}

// collect waits until every call is answered. Heartbeats come meanwhile, and do
// not count as progress.
func (t *track) collect(ctx context.Context) error {
	for progress := time.Now(); len(t.open) > 0; {
		m, err := t.next(ctx)
		if err != nil {
			return fmt.Errorf("%d calls are not answered: %w", len(t.open), err)
		}
		if err := t.take(m); err != nil {
			return err
		}
		if len(m.GetAnswers()) > 0 {
			progress = time.Now()
		}
		if time.Since(progress) > t.suite.options.Patience {
			return fmt.Errorf("%d calls were never answered", len(t.open))
		}
	}
	return nil
}

// take compares answers with what was expected.
func (t *track) take(m *wirepb.HandleStreamResponse) error {
	for _, a := range m.GetAnswers() {
		e, open := t.open[a.GetSequence()]
		if !open {
			return fmt.Errorf("sequence %d is answered twice, or was never sent", a.GetSequence())
		}
		delete(t.open, a.GetSequence())
		if e.unary == nil {
			continue
		}
		if a.GetResult() != e.unary.GetResult() || a.GetErrorCode() != e.unary.GetErrorCode() {
			return fmt.Errorf("%s is answered with %s, code %d by stream and with %s, code %d by Handle", e.cb.Command,
				a.GetResult(), a.GetErrorCode(), e.unary.GetResult(), e.unary.GetErrorCode())
		}
		if err := misread(e.cb, a); err != nil {
			return fmt.Errorf("%s by stream: %w", e.cb.Command, err)
		}
	}
	return nil
}

// misread returns an error where Tencent would misread a handled answer.
func misread(cb sdk.Callback, m *wirepb.HandleResponse) error {
	if m.GetResult() != wirepb.Result_RESULT_HANDLED {
		return nil
	}
	reply := sdk.Reply{Code: int(m.GetErrorCode()), Info: m.GetErrorInfo(), Extra: m.GetExtra()}
	return imevent.ContractOf(cb.Command).Check(cb, reply)
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
