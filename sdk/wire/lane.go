package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

// lane is the gateway's end of one stream.
type lane struct {
	stream wirepb.PluginService_HandleStreamClient
	cancel context.CancelFunc
	calls  *register
	out    *outbox[outgoing]
	pulse  *pulse        // beats with each message that arrives
	strays *atomic.Int64 // answers that nobody asked for
	first  chan struct{} // closed by the first message
	broken func(error)   // called once, when the stream ends
	wg     sync.WaitGroup
}

// outgoing is a frame to the plugin: a call, or the cancel of one.
type outgoing struct {
	call   *call
	cancel uint64
}

const cancelSize = 12

var errSilent = errors.New("the plugin ended the stream")

// start runs the lane's reader and writer until the stream ends.
func (l *lane) start(ctx context.Context) {
	l.wg.Go(func() {
		err := l.read()
		l.cancel()
		l.calls.fail(err)
		l.broken(err)
	})
	l.wg.Go(func() {
		var message wirepb.HandleStreamRequest
		// What stops the writer stops the reader too, and the reader knows why.
		_ = l.out.run(ctx, 0, func(batch []outgoing) error { return l.send(&message, batch) })
		l.discard()
	})
}

// handle sends one callback and waits for its answer.
func (l *lane) handle(ctx context.Context, cb *sdk.Callback, place Place) (sdk.Reply, error) {
	c := newCall(place)
	fillRequest(&c.request, cb)
	c.deadline, _ = ctx.Deadline()
	if ok, err := l.calls.add(c); !ok {
		c.withdraw()
		c.finish(false)
		c.release(callHolders)
		if err != nil {
			return unavailable(unsentError{err})
		}
		return overloaded("the plugin has %d calls under way", l.calls.room)
	}
	if !l.out.put(outgoing{call: c}, requestSize(&c.request)) {
		c.withdraw()
		l.calls.drop(c)
		c.release(callHolders - 1)
		return overloaded("the queue to the plugin is full")
	}
	select {
	case m := <-c.done:
		unsent := m == nil && !c.sent()
		c.release(1)
		switch {
		case unsent:
			return unavailable(unsentError{l.calls.failure()})
		case m == nil:
			return unavailable(l.calls.failure())
		}
		reply, err := outcome(m)
		return inTime(ctx, reply, err)
	case <-ctx.Done():
		return l.giveUp(ctx, c)
	}
}

// giveUp ends the wait of a caller whose context has ended.
func (l *lane) giveUp(ctx context.Context, c *call) (sdk.Reply, error) {
	if c.withdraw() {
		l.calls.drop(c)
		c.release(1)
		return tooLate(ctx)
	}
	sequence := c.request.GetSequence()
	c.abandon()
	c.release(1)
	l.out.force(outgoing{cancel: sequence}, cancelSize)
	return late(ctx)
}

// send writes one message. gRPC has encoded it when Send returns (it keeps the
// bytes, not the message), so the calls may be reused from then on.
func (l *lane) send(message *wirepb.HandleStreamRequest, batch []outgoing) error {
	message.Calls, message.Cancels = message.GetCalls()[:0], message.GetCancels()[:0]
	now := time.Now()
	for _, frame := range batch {
		switch {
		case frame.call == nil:
			message.Cancels = append(message.Cancels, frame.cancel)
		case frame.call.claim():
			frame.call.request.TimeoutNanos = 0
			if d := frame.call.deadline; !d.IsZero() {
				frame.call.request.TimeoutNanos = max(1, int64(d.Sub(now)))
			}
			message.Calls = append(message.Calls, &frame.call.request)
		}
	}
	var err error
	if len(message.GetCalls())+len(message.GetCancels()) > 0 {
		err = l.stream.Send(message)
	}
	for _, frame := range batch {
		if frame.call != nil {
			frame.call.release(1)
		}
	}
	clear(message.GetCalls())
	return err //nolint:wrapcheck // nobody reads it: the reader learns the true reason
}

// discard lets go of what was still queued when the stream ended.
func (l *lane) discard() {
	for batch := l.out.take(nil); len(batch) > 0; batch = l.out.take(batch[:0]) {
		for _, frame := range batch {
			if frame.call != nil {
				frame.call.release(1)
			}
		}
	}
}

// read hands answers to those who wait, and never waits itself: a call's channel
// has room for its one answer.
func (l *lane) read() error {
	var message wirepb.HandleStreamResponse
	first := l.first
	for {
		err := l.stream.RecvMsg(&message)
		if errors.Is(err, io.EOF) {
			return errSilent
		}
		if err != nil {
			return fmt.Errorf("read stream: %w", err)
		}
		l.pulse.beat()
		if first != nil {
			close(first)
			first = nil
		}
		for _, m := range message.GetAnswers() {
			c := l.calls.answered(m.GetSequence())
			if c == nil {
				l.strays.Add(1)
				continue
			}
			c.finish(true)
			c.done <- m
			c.release(1)
		}
	}
}

func (l *lane) close() {
	l.cancel()
	l.wg.Wait()
}
