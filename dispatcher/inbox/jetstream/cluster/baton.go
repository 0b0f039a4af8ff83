package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Of a baton: how long the cluster leaves it with a gateway that does not say that it still
// holds it, how often that is said, and how long before the time is over the gateway counts
// it as lost, so that two never hold it.
const (
	batonSpan   = 10 * time.Second
	batonEvery  = 2 * time.Second
	batonMargin = 2 * time.Second
	batonPause  = time.Second
)

// Baton waits until this gateway, of all that want it, holds the baton of that name, and
// calls hold. Held ends before the cluster may give the baton to another: it is a message
// that a consumer hands out, to one at a time, for as long as that one says it has it. The
// baton is given on when hold has returned.
func (c *Cluster) Baton(ctx context.Context, name string, hold func(held context.Context)) error {
	h := c.hands()
	for ctx.Err() == nil {
		m, err := h.awaitBaton(ctx, name)
		if err != nil {
			return err
		}
		if m == nil {
			continue
		}
		if h.hold(ctx, m, hold) {
			return nil
		}
	}
	return fmt.Errorf("wait for the baton %s: %w", name, context.Cause(ctx))
}

// awaitBaton asks for the baton, and returns nil where another has it.
func (h *hands) awaitBaton(ctx context.Context, name string) (*baton, error) {
	consumer, err := h.batonConsumerOf(ctx, name)
	if err != nil {
		return nil, err
	}
	messages, err := h.pull(ctx, h.batons, h.batonConsumer(name), 1, longestPull)
	if err != nil {
		pause(ctx)
	}
	if len(messages) == 0 {
		return nil, nil //nolint:nilnil // another has it
	}
	return newBaton(h, consumer, messages[0]), nil
}

// batonConsumerOf makes the consumer of a baton, and the baton, where they are not there.
func (h *hands) batonConsumerOf(ctx context.Context, name string) (jetstream.Consumer, error) { //nolint:ireturn // nats.go has no other name for it
	subject := h.batonSubject(name)
	consumer, err := h.consumer(ctx, h.batons, jetstream.ConsumerConfig{
		Durable: h.batonConsumer(name), Description: "has one gateway at a time hold the baton " + name,
		DeliverPolicy: jetstream.DeliverAllPolicy, AckPolicy: jetstream.AckExplicitPolicy, AckWait: batonSpan,
		MaxDeliver: -1, MaxAckPending: 1, FilterSubject: subject,
	})
	if err != nil {
		return nil, err
	}
	if info := consumer.CachedInfo(); info.NumPending > 0 || info.NumAckPending > 0 {
		return consumer, nil
	}
	_, err = h.js.Publish(ctx, subject, nil, jetstream.WithExpectLastSequencePerSubject(0))
	if api := (*jetstream.APIError)(nil); err != nil && (!errors.As(err, &api) || api.ErrorCode != jetstream.JSErrCodeStreamWrongLastSequence) {
		return nil, fmt.Errorf("make the baton %s: %w", name, err)
	}
	return consumer, nil
}

// baton is one that this gateway was handed.
type baton struct {
	hands    *hands
	consumer jetstream.Consumer
	msg      *nats.Msg
	made     time.Time // when the consumer was
	turn     uint64    // counts the times that it was handed out
	until    time.Time // it is this gateway's up to then
}

func newBaton(h *hands, consumer jetstream.Consumer, m *nats.Msg) *baton {
	b := &baton{hands: h, consumer: consumer, msg: m, made: consumer.CachedInfo().Created}
	if meta, err := m.Metadata(); err == nil {
		b.turn = meta.Sequence.Consumer
	}
	return b
}

// hold calls hold with the baton, and gives it on. It reports whether it was called: where
// the baton has come too late, or is another's by now, it is not.
func (h *hands) hold(ctx context.Context, b *baton, hold func(held context.Context)) bool {
	if b.renew(ctx) != nil {
		return false
	}
	held, lose := context.WithCancel(ctx)
	defer lose()
	returned, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		defer lose()
		b.keep(ctx, returned)
	}()
	hold(held)
	close(returned)
	<-ended
	if time.Now().Before(b.until) {
		_ = h.conn.Publish(b.msg.Reply, []byte(wordLater)) // where that is lost, the baton is free when its time is over
	}
	return true
}

// keep says again and again that the baton is held, until hold has returned, or it is lost.
func (b *baton) keep(ctx context.Context, returned <-chan struct{}) {
	timer := time.NewTimer(batonEvery)
	defer timer.Stop()
	over := time.NewTimer(time.Until(b.until))
	defer over.Stop()
	renewed := make(chan error, 1)
	for {
		select {
		case <-returned:
			return
		case <-over.C:
			b.until = time.Time{}
			return
		case <-timer.C:
		}
		go func(b baton) { renewed <- b.renew(ctx) }(*b)
		asked := time.Now()
		select {
		case <-returned:
			return
		case <-over.C:
			b.until = time.Time{}
			return
		case err := <-renewed:
			switch {
			case errors.Is(err, errTaken):
				b.until = time.Time{}
				return
			case err == nil:
				b.until = asked.Add(batonSpan - batonMargin)
				over.Reset(time.Until(b.until))
			}
		}
		timer.Reset(batonEvery)
	}
}

var errTaken = errors.New("another gateway was handed the baton")

// renew says that the baton is held, and finds out whether it still is this gateway's: the
// server takes the word of whoever had it before, too.
func (b *baton) renew(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), batonEvery)
	defer cancel()
	asked := time.Now()
	if err := b.hands.keep(b.msg, batonEvery); err != nil {
		return err
	}
	info, err := b.consumer.Info(ctx)
	if err != nil {
		return fmt.Errorf("ask who holds the baton: %w", err)
	}
	if info.Delivered.Consumer > b.turn || !info.Created.Equal(b.made) { // a consumer that was made anew counts anew
		return errTaken
	}
	b.until = asked.Add(batonSpan - batonMargin)
	return nil
}
