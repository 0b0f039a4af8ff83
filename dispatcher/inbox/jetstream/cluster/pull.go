package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
)

// The words that a consumer is told by whoever has one of its messages.
const (
	wordDone  = "+ACK"
	wordLater = "-NAK"
	wordKeep  = "+WPI"
)

// pullGrace is how long after its end a question is given up that nobody has answered.
const pullGrace = time.Second

// errPull is what a consumer says that does not answer as it should.
var errPull = errors.New("the consumer answers")

// pull asks a consumer for messages: it waits for the first, and takes at most so many that
// are there then. The library's own question cannot be taken back without the danger that
// what is answered at that moment is lost until its time is over; where ctx ends this one
// gives back what has come.
func (h *hands) pull(ctx context.Context, stream, consumer string, most int, wait time.Duration) ([]*nats.Msg, error) {
	sub, err := h.conn.SubscribeSync(h.conn.NewInbox())
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller says what it was asking for
	}
	p := &puller{hands: h, sub: sub, subject: "$JS.API.CONSUMER.MSG.NEXT." + stream + "." + consumer}
	first, err := p.ask(ctx, pullRequest{Batch: 1, Expires: wait})
	if err != nil || len(first) == 0 {
		p.end(ctx, false)
		return nil, err
	}
	if most <= 1 {
		p.end(ctx, true)
		return first, nil
	}
	rest, err := p.ask(context.WithoutCancel(ctx), pullRequest{Batch: most - 1, NoWait: true})
	p.end(ctx, err == nil)
	return append(first, rest...), nil
}

type pullRequest struct {
	Batch   int           `json:"batch"`
	Expires time.Duration `json:"expires,omitempty"`
	NoWait  bool          `json:"no_wait,omitempty"`
}

// puller is one question, or two.
type puller struct {
	hands   *hands
	sub     *nats.Subscription
	subject string
	over    bool // the consumer has said that nothing more comes
}

// ask returns what has come until the consumer says that it was all. An error comes with
// what was there before it.
func (p *puller) ask(ctx context.Context, r pullRequest) (all []*nats.Msg, err error) {
	request, err := json.Marshal(r)
	if err != nil {
		return nil, err //nolint:wrapcheck // it cannot be
	}
	p.over = false
	if err := p.hands.conn.PublishRequest(p.subject, p.sub.Subject, request); err != nil {
		return nil, err //nolint:wrapcheck // the caller says what it was asking for
	}
	ctx, cancel := context.WithTimeout(ctx, r.Expires+pullGrace)
	defer cancel()
	for len(all) < r.Batch {
		m, err := p.sub.NextMsgWithContext(ctx)
		if ctx.Err() != nil {
			return all, nil
		}
		if err != nil {
			return all, err //nolint:wrapcheck // the caller says what it was asking for
		}
		status := m.Header.Get("Status")
		if status == "" || len(m.Data) > 0 {
			all = append(all, m)
			continue
		}
		if p.over = status != "100"; !p.over {
			continue
		}
		if status != "404" && status != "408" {
			return all, fmt.Errorf("%w %s %s", errPull, status, m.Header.Get("Description"))
		}
		return all, nil
	}
	p.over = true
	return all, nil
}

// end takes the question back. Where the consumer has not said that nothing more comes, what
// it has answered meanwhile is given back.
func (p *puller) end(ctx context.Context, answered bool) {
	if p.over || answered {
		_ = p.sub.Unsubscribe()
		return
	}
	if p.sub.Drain() != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), pullGrace)
	defer cancel()
	for {
		m, err := p.sub.NextMsgWithContext(ctx)
		if err != nil {
			return
		}
		if m.Header.Get("Status") == "" {
			_ = p.hands.conn.Publish(m.Reply, []byte(wordLater))
		}
	}
}
