package main

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/klauspost/compress/s2"
	"github.com/nats-io/nats.go"
	"github.com/synadia-io/orbit.go/jetstreamext"
)

// The rows of the streams, each with [crowd] callers that wait for their event to be
// durable and then append the next.
const (
	rowPlain  = "a message per event, published by each caller"
	rowAtomic = "a message per event, atomic batches"
	rowEntry  = "a message per commit"
	rowSmall  = "a message per commit, compressed"
)

// most is how many events a batch may have: the server takes 1,000.
const most = 512

// addStreams adds the ways that are a stream and nothing else.
func (c *cluster) addStreams() {
	c.ways = append(c.ways,
		c.streamWay(rowPlain, "PLAIN", func(_ context.Context, name string) (put, func()) {
			return func(ctx context.Context, e kept) error { return c.publish(ctx, message(name, e)) }, func() {}
		}),
		c.streamWay(rowAtomic, "ATOMIC", func(ctx context.Context, name string) (put, func()) {
			return grouped(ctx, name, c.atomicBatch)
		}),
		c.streamWay(rowEntry, "ENTRIES", func(ctx context.Context, name string) (put, func()) { return grouped(ctx, name, c.entry) }),
		c.streamWay(rowSmall, "SMALL", func(ctx context.Context, name string) (put, func()) { return grouped(ctx, name, c.compressed) }))
}

// streamWay has a new stream in each round, since what one holds already is no part of it.
func (c *cluster) streamWay(row, stream string, open func(ctx context.Context, name string) (put, func())) way {
	return way{name: row, cpu: c.cpu, begin: func(ctx context.Context) (func(context.Context, time.Duration) (loaded, error), func() error, error) {
		if err := c.stream(ctx, stream, true); err != nil {
			return nil, nil, err
		}
		put, end := open(ctx, stream)
		return put.load, func() error {
			end()
			return c.drop(ctx, stream)
		}, nil
	}}
}

// message is an event as a message of its own.
func message(subject string, e kept) *nats.Msg {
	m := nats.NewMsg(subject)
	m.Header.Set(nats.MsgIdHdr, e.id)
	m.Data = e.data
	return m
}

func (c *cluster) publish(ctx context.Context, m *nats.Msg) error {
	if _, err := c.js.PublishMsg(ctx, m); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	return nil
}

// atomicBatch writes a commit as a batch, with a message per event.
func (c *cluster) atomicBatch(ctx context.Context, name string, commit []kept) error {
	all := make([]*nats.Msg, len(commit))
	for i, e := range commit {
		all[i] = message(name, e)
	}
	if len(all) == 1 {
		return c.publish(ctx, all[0])
	}
	if _, err := jetstreamext.PublishMsgBatch(ctx, c.js, all, jetstreamext.BatchFlowControl{AckFirst: false}); err != nil {
		return fmt.Errorf("publish a batch: %w", err)
	}
	return nil
}

// entry writes a commit as one message.
func (c *cluster) entry(ctx context.Context, name string, commit []kept) error {
	return c.publish(ctx, message(name, joined(commit)))
}

// compressed writes it as the inbox does.
func (c *cluster) compressed(ctx context.Context, name string, commit []kept) error {
	all := joined(commit)
	all.data = s2.Encode(nil, all.data)
	return c.publish(ctx, message(name, all))
}

func joined(commit []kept) kept {
	all := kept{id: strconv.FormatUint(ids.Add(1), 36)}
	for _, e := range commit {
		all.data = append(all.data, e.data...)
	}
	return all
}

// grouped writes whatever came during a commit by the next, as the inbox does.
func grouped(ctx context.Context, name string, write func(ctx context.Context, name string, commit []kept) error) (put, func()) {
	waiting := make(chan waiter, crowd)
	var writer sync.WaitGroup
	writer.Go(func() {
		for first := range waiting {
			commit, told := []kept{first.event}, []chan error{first.done}
			for len(commit) < most && len(waiting) > 0 {
				next := <-waiting
				commit, told = append(commit, next.event), append(told, next.done)
			}
			err := write(ctx, name, commit)
			for _, done := range told {
				done <- err
			}
		}
	})
	return func(_ context.Context, e kept) error {
			w := waiter{event: e, done: make(chan error, 1)}
			waiting <- w
			return <-w.done
		}, func() {
			close(waiting)
			writer.Wait()
		}
}

// waiter is a caller that waits for its commit.
type waiter struct {
	event kept
	done  chan error
}
