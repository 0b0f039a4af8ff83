package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/logpb"
)

// How long an answer is waited for before the same is asked again, and for how long in all.
const (
	appendAsk = 2 * time.Second
	appendAll = 5 * time.Second
)

// Append writes an entry to the log and returns its mark; plugins are those that get a
// new copy by it. Once it has returned nil, the entry is on the disks of a majority of
// the replicas, and every gateway will have it. The same id within two minutes is the
// same entry: it is not written again, and has the mark that it had.
//
// It fails at once where no server is connected, with [ErrUnreachable], and with
// store.ErrFull where there is no room; nothing is written then. It fails within five
// seconds, or with ctx, with [ErrUnknown] where nobody answered.
func (c *Cluster) Append(ctx context.Context, id string, plugins []string, e *logpb.Entry) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, appendAll)
	defer cancel()
	const what = "append to the log"
	if !c.nc.IsConnected() {
		return 0, fmt.Errorf("%s: %w: not connected", what, ErrUnreachable)
	}
	messages, err := c.messages(id, plugins, e)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	unknown, begun := false, time.Now()
	for {
		mark, err := c.publish(ctx, id, messages)
		if err == nil {
			return mark, nil
		}
		again, sent := verdict(err)
		unknown = unknown || sent
		if !again || !pause(ctx) {
			if time.Since(begun) > appendAsk {
				c.elsewhere(err)
			}
			if err = c.api(what, err); unknown {
				err = fmt.Errorf("%w: %w", ErrUnknown, err)
			}
			return 0, err
		}
	}
}

// verdict says of an error whether to ask again, and whether the entry may have been
// written all the same.
func verdict(err error) (again, sent bool) {
	var refused *jetstream.APIError
	switch {
	case errors.As(err, &refused):
		return !full(refused) && passing(refused), refused.ErrorCode == codeDuplicateInProcess
	case errors.Is(err, nats.ErrNoResponders), errors.Is(err, jetstream.ErrNoStreamResponse),
		errors.Is(err, nats.ErrReconnectBufExceeded):
		return true, false
	case errors.Is(err, nats.ErrConnectionClosed), errors.Is(err, nats.ErrMaxPayload):
		return false, false
	default:
		return true, true
	}
}

// elsewhere has another server found where this one does not get through to the log: it
// may be cut off from the others, which are not cut off from us.
func (c *Cluster) elsewhere(err error) {
	var refused *jetstream.APIError
	if errors.As(err, &refused) && !passing(refused) || errors.Is(err, context.Canceled) || !c.state.mayTurn() {
		return
	}
	c.options.Logger.Warn("nats server does not get through to the log, another is tried", "server", c.nc.ConnectedServerName(), "err", err)
	if err := c.nc.ForceReconnect(); err != nil {
		c.state.failed(err)
	}
}

// pause waits before the same is asked again, and is false where there is no time left.
func pause(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(50 * time.Millisecond):
		return true
	}
}

func (c *Cluster) publish(ctx context.Context, id string, messages []*nats.Msg) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, appendAsk)
	defer cancel()
	if len(messages) > 1 {
		return c.publishParts(ctx, id, messages)
	}
	ack, err := c.js.PublishMsg(ctx, messages[0], jetstream.WithRetryAttempts(0))
	if err != nil {
		return 0, err //nolint:wrapcheck // Append does, when it has seen what it is
	}
	return ack.Sequence, nil
}
