package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A consumer that says nothing for twice this long is dead.
const heartbeat = time.Second

// readAhead is how much of a stream is on the way to us, at most.
const readAhead = 8 << 20

// message is one of a stream, in order.
type message struct {
	subject string
	seq     uint64
	header  nats.Header
	data    []byte
}

// reader reads a stream in order, from where it was begun, until something is amiss: it
// then fails, and whoever reads begins another. A consumer of its own in one server's
// memory serves it, and is forgotten soon after.
type reader struct {
	iterator jetstream.MessagesContext
	forget   func()
	stopping chan struct{}
	ended    chan struct{}
	err      error // why it ended; set before ended is closed
	// turned is closed when the connection is another: a consumer in the memory of a
	// server may be gone with it, and it takes long to notice that nothing comes.
	turned <-chan struct{}

	mu    sync.Mutex
	queue []message
	bytes int
	// Both have room for one sign: that the queue is not empty, and that it was emptied.
	filled, emptied chan struct{}
}

var (
	// errSilent is that messages were lost on the way.
	errSilent = errors.New("messages were lost on the way")
	// errTurned is that another connection had to be found.
	errTurned  = errors.New("the connection is another")
	errStopped = errors.New("stopped")
)

// read begins to read a stream from a sequence on: all of it, or the subjects.
func (c *Cluster) read(ctx context.Context, stream string, from uint64, subjects ...string) (*reader, error) {
	turned := c.state.turning()
	create, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	consumer, err := c.js.CreateConsumer(create, stream, jetstream.ConsumerConfig{
		FilterSubjects: subjects, DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: from,
		AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, Replicas: 1, InactiveThreshold: time.Minute, MaxDeliver: 1,
		Metadata: map[string]string{metaOwner: "reader", "of": c.options.Name},
	})
	if err != nil {
		return nil, c.api("make a consumer of "+stream, err)
	}
	ahead := max(readAhead, 2*int(c.nc.MaxPayload()))
	iterator, err := consumer.Messages(jetstream.PullMaxMessagesWithBytesLimit(4096, ahead), jetstream.PullHeartbeat(heartbeat),
		jetstream.PullExpiry(30*time.Second), jetstream.WithMessagesErrOnMissingHeartbeat(true))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", stream, err)
	}
	r := &reader{
		iterator: iterator, stopping: make(chan struct{}), ended: make(chan struct{}), turned: turned,
		filled: make(chan struct{}, 1), emptied: make(chan struct{}, 1),
		forget: func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			defer cancel()
			_ = c.js.DeleteConsumer(ctx, stream, consumer.CachedInfo().Name) // or its server does, in a minute
		},
	}
	go r.run()
	return r, nil
}

// run moves messages from the iterator into the queue, so that what is there already can
// be taken together.
func (r *reader) run() {
	defer close(r.ended)
	for expected := uint64(1); ; expected++ {
		if r.err = r.move(expected); r.err != nil {
			return
		}
	}
}

func (r *reader) move(expected uint64) error {
	m, err := r.iterator.Next()
	if err != nil {
		return fmt.Errorf("read on: %w", err)
	}
	meta, err := m.Metadata()
	if err != nil {
		return fmt.Errorf("read on: %w", err)
	}
	if meta.Sequence.Consumer != expected {
		return errSilent
	}
	for !r.put(message{m.Subject(), meta.Sequence.Stream, m.Headers(), m.Data()}) {
		select {
		case <-r.emptied:
		case <-r.stopping:
			return errStopped
		}
	}
	return nil
}

// put is false where there is no room.
func (r *reader) put(m message) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.queue) >= groupRecords || r.bytes >= groupBytes {
		return false
	}
	r.queue, r.bytes = append(r.queue, m), r.bytes+len(m.data)
	sign(r.filled)
	return true
}

func (r *reader) take() []message {
	r.mu.Lock()
	defer r.mu.Unlock()
	group := r.queue
	r.queue, r.bytes = nil, 0
	sign(r.emptied)
	return group
}

func sign(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// next waits for a message, and returns it with those that are there already.
func (r *reader) next(ctx context.Context) ([]message, error) {
	for {
		select {
		case <-r.filled:
		case <-r.ended:
			if group := r.take(); len(group) > 0 { // what came before it ended
				return group, nil
			}
			return nil, r.err
		case <-r.turned:
			return nil, errTurned
		case <-ctx.Done():
			return nil, ctx.Err() //nolint:wrapcheck // the caller's own
		}
		if group := r.take(); len(group) > 0 {
			return group, nil
		}
	}
}

// stop ends it, and gives its consumer back.
func (r *reader) stop() {
	close(r.stopping)
	r.iterator.Stop()
	<-r.ended
	r.forget()
}
