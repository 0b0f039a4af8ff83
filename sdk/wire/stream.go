package wire

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

// HandleStream implements the protocol: it runs one lane of the gateway's.
func (s *Server) HandleStream(stream wirepb.PluginService_HandleStreamServer) error {
	ctx, cancel := context.WithCancelCause(stream.Context())
	t := &track{
		server:  s,
		stream:  stream,
		ctx:     ctx,
		workers: newWorkers(),
		// Nothing is refused here: the calls under way bound the frames.
		out:  newOutbox[*wirepb.HandleResponse](0, 0),
		jobs: make(map[uint64]*job),
	}
	go func() { cancel(t.read()) }()
	go func() {
		select {
		case <-s.stopped:
			cancel(errStopped)
		case <-ctx.Done():
		}
	}()
	// The writer is the handler itself: gRPC ends a stream when its handler
	// returns, and nobody may write after that.
	var message wirepb.HandleStreamResponse
	err := t.out.run(ctx, HeartbeatInterval, func(batch []*wirepb.HandleResponse) error { return t.send(&message, batch) })
	cancel(err)
	t.abandon()
	if errors.Is(err, errStopped) || errors.Is(err, io.EOF) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err // a status, for gRPC
}

var errStopped = errors.New("the plugin is stopping")

// track is the plugin's end of one stream.
type track struct {
	server  *Server
	stream  wirepb.PluginService_HandleStreamServer
	ctx     context.Context //nolint:containedctx // of the stream: the parent of all calls
	workers *workers
	out     *outbox[*wirepb.HandleResponse]

	mu   sync.Mutex
	jobs map[uint64]*job // calls under way
	gone bool            // nobody writes any more
}

// job is one call under way. Its context outlives it when the handler keeps it,
// so jobs are not reused.
type job struct {
	callContext
	track    *track
	sequence uint64
	cb       sdk.Callback
}

// read starts calls and cancels them, and never waits for a handler.
func (t *track) read() error {
	defer t.workers.close()
	var message wirepb.HandleStreamRequest
	for {
		if err := t.stream.RecvMsg(&message); err != nil {
			return err //nolint:wrapcheck // a status, or the end
		}
		now := time.Now()
		for _, m := range message.GetCalls() {
			t.begin(m, now)
		}
		for _, sequence := range message.GetCancels() {
			t.cancel(sequence)
		}
	}
}

func (t *track) begin(m *wirepb.HandleRequest, now time.Time) {
	j := &job{track: t, sequence: m.GetSequence(), cb: callback(m)}
	j.parent = t.ctx
	if n := m.GetTimeoutNanos(); n > 0 {
		j.deadline = now.Add(time.Duration(n))
	}
	open := t.server.running.enter()
	if err := t.admit(j, open); err != nil {
		t.answer(j.sequence, nil, sdk.Reply{}, err)
		return
	}
	t.workers.run(j)
}

// admit gives a call its place.
func (t *track) admit(j *job, open bool) error {
	if !open {
		return errDraining
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.jobs) >= t.server.service.MaxInFlight {
		return errFull
	}
	if t.jobs[j.sequence] != nil {
		return errTwice
	}
	t.jobs[j.sequence] = j
	return nil
}

var (
	errFull  = sdk.Overloaded(0, errors.New("the plugin has too many calls under way"))
	errTwice = sdk.Permanent(errors.New("the sequence is in use"))
	errExit  = errors.New("handler ended its goroutine")
)

// cancel ends the context of a call. The call keeps its place until the handler
// returns: only then is its work really over.
func (t *track) cancel(sequence uint64) {
	t.mu.Lock()
	j := t.jobs[sequence]
	t.mu.Unlock()
	if j != nil {
		j.end()
	}
}

// run asks the handler and gives the place back, also when the handler ends the
// goroutine (runtime.Goexit, as a failing test does).
func (j *job) run() {
	reply, err := sdk.Reply{}, errExit
	defer func() {
		j.end()
		j.track.answer(j.sequence, j, reply, err)
	}()
	reply, err = j.track.server.call(j, j.cb)
}

var responses = sync.Pool{New: func() any { return new(wirepb.HandleResponse) }} //nolint:gochecknoglobals // a pool of empty messages is no state

// answer queues the answer to a call and frees the place that j had; j is nil
// for a call that got none.
func (t *track) answer(sequence uint64, j *job, reply sdk.Reply, err error) {
	m := responses.Get().(*wirepb.HandleResponse) // the pool holds nothing else
	fillResponse(m, reply, err)
	m.Sequence = sequence
	size := frameOverhead + len(m.GetErrorInfo()) + len(m.GetExtra())
	t.mu.Lock()
	defer t.mu.Unlock()
	if j != nil {
		delete(t.jobs, sequence)
	}
	if t.gone {
		t.server.running.leave(1)
		return
	}
	t.out.force(m, size)
}

func (t *track) send(message *wirepb.HandleStreamResponse, batch []*wirepb.HandleResponse) error {
	message.Answers = batch
	err := t.stream.Send(message)
	for _, m := range batch {
		m.Reset()
		responses.Put(m)
	}
	t.server.running.leave(len(batch))
	return err //nolint:wrapcheck // a status
}

// abandon forgets the answers that can no longer be written.
func (t *track) abandon() {
	t.mu.Lock()
	t.gone = true
	t.mu.Unlock()
	for batch := t.out.take(nil); len(batch) > 0; batch = t.out.take(batch[:0]) {
		t.server.running.leave(len(batch))
	}
}
