package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A consumer that says nothing for twice this long is dead.
const heartbeat = 2 * time.Second

// readAhead is how much of the log is on the way to us, at most.
const readAhead = 16 << 20

// message is one of a stream, in order.
type message struct {
	seq, left uint64
	header    nats.Header
	data      []byte
}

// reader reads a stream in order, from where it was begun, until something is amiss: it
// then fails, and whoever reads begins another. A consumer of its own in one server's
// memory serves it, and is forgotten soon after.
type reader struct {
	iterator jetstream.MessagesContext
	messages chan message
	ended    chan struct{}
	err      error // why it ended; set before ended is closed
	done     chan struct{}
	forget   func()
	// turned is closed when the connection is another: a consumer in the memory of a
	// server may be gone with it, and it takes long to notice that nothing comes.
	turned <-chan struct{}
}

var (
	// errSilent is that messages were lost on the way.
	errSilent = errors.New("messages were lost on the way")
	// errTurned is that another connection had to be found.
	errTurned = errors.New("the connection is another")
)

// read begins to read a stream from a sequence on.
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
		iterator: iterator, messages: make(chan message, groupRecords), ended: make(chan struct{}), done: make(chan struct{}),
		turned: turned,
		forget: func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			defer cancel()
			_ = c.js.DeleteConsumer(ctx, stream, consumer.CachedInfo().Name) // or its server does, in a minute
		},
	}
	go r.run()
	return r, nil
}

// run moves messages from the iterator into the channel, so that what is there already
// can be taken together.
func (r *reader) run() {
	defer close(r.ended)
	for expected := uint64(1); ; expected++ {
		m, err := r.iterator.Next()
		if err != nil {
			r.err = fmt.Errorf("read on: %w", err)
			return
		}
		meta, err := m.Metadata()
		if err != nil {
			r.err = fmt.Errorf("read on: %w", err)
			return
		}
		if meta.Sequence.Consumer != expected {
			r.err = errSilent
			return
		}
		select {
		case r.messages <- message{meta.Sequence.Stream, meta.NumPending, m.Headers(), m.Data()}:
		case <-r.done:
			return
		}
	}
}

// next waits for a message, and returns it with those that are there already.
func (r *reader) next(ctx context.Context) ([]message, error) {
	var group []message
	select {
	case m := <-r.messages:
		group = append(group, m)
	case <-ctx.Done():
		return nil, ctx.Err() //nolint:wrapcheck // the caller's own
	case <-r.turned:
		return nil, errTurned
	case <-r.ended:
		select { // what came before it ended
		case m := <-r.messages:
			group = append(group, m)
		default:
			return nil, r.err
		}
	}
	for size := len(group[0].data); len(group) < groupRecords && size < groupBytes; {
		select {
		case m := <-r.messages:
			group, size = append(group, m), size+len(m.data)
		default:
			return group, nil
		}
	}
	return group, nil
}

// stop ends it, and gives its consumer back.
func (r *reader) stop() {
	close(r.done)
	r.iterator.Stop()
	<-r.ended
	r.forget()
}
