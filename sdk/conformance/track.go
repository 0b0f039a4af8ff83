package conformance

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

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

// request prepares a call that was not made yet.
func (t *track) request(e expected) *wirepb.HandleRequest {
	t.sequence++
	t.open[t.sequence] = e
	return &wirepb.HandleRequest{
		Id: e.cb.ID, Key: e.cb.Key, Command: e.cb.Command, AppId: e.cb.AppID, ClientIp: e.cb.ClientIP, Platform: e.cb.Platform,
		ReceivedAtUnixNanos: e.cb.ReceivedAt.UnixNano(), Attempt: 1, Purpose: wirepb.Purpose_PURPOSE_LIVE,
		TimeoutNanos: int64(t.suite.options.Patience), Traceparent: e.cb.Traceparent, Body: e.cb.Body, Sequence: t.sequence,
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
