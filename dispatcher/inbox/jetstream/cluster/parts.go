package cluster

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/logpb"
)

// maxParts is how many messages a batch may have.
const maxParts = 1000

// headerRoom is for what the libraries add to a message's headers.
const headerRoom = 1024

// messages is an entry as it is published: one message, or as many parts as the
// servers' largest message makes of it. The last is the entry's own, with its id and on
// its subject, so that who hands entries out sees each once.
func (c *Cluster) messages(id string, plugins []string, e *logpb.Entry) ([]*nats.Msg, error) {
	body, encoding, err := encode(e)
	if err != nil {
		return nil, fmt.Errorf("encode the entry: %w", err)
	}
	last := c.message(c.names.subject(plugins), id, encoding)
	if len(plugins) > 0 {
		last.Header.Set(HeaderPlugins, EscapePlugins(plugins))
	}
	room := int(c.nc.MaxPayload()) - last.Size() - headerRoom
	if room < 1024 {
		return nil, fmt.Errorf("%w: max_payload of the servers is %d: raise it to 1MB at least", ErrShape, c.nc.MaxPayload())
	}
	if len(body) <= room {
		last.Data = body
		return []*nats.Msg{last}, nil
	}
	count := (len(body) + room - 1) / room
	if count > maxParts {
		return nil, fmt.Errorf("%w: an entry of %d bytes is more than %d messages of max_payload %d: raise max_payload of the servers",
			ErrShape, len(body), maxParts, c.nc.MaxPayload())
	}
	parts := make([]*nats.Msg, 0, count)
	for i := range count - 1 {
		part := c.message(c.names.part(), id+"."+strconv.Itoa(i+1), encoding)
		part.Data, body = body[:room], body[room:]
		parts = append(parts, part)
	}
	last.Data = body
	parts = append(parts, last)
	for i, part := range parts {
		part.Header.Set(HeaderPart, fmt.Sprintf("%d/%d", i+1, count))
		part.Header.Set(HeaderEntry, id)
	}
	return parts, nil
}

func (c *Cluster) message(subject, id, encoding string) *nats.Msg {
	m := nats.NewMsg(subject)
	m.Header.Set(HeaderFormat, Format)
	if encoding != "" {
		m.Header.Set(HeaderFormat, FormatEncoded)
		m.Header.Set(HeaderEncoding, encoding)
	}
	m.Header.Set(jetstream.MsgIDHeader, id)
	m.Header.Set(jetstream.ExpectedStreamHeader, c.names.logStream())
	return m
}

// publishParts publishes all of them or none. A batch that was published already is
// refused for its ids; where the original lies is then asked for.
func (c *Cluster) publishParts(ctx context.Context, id string, parts []*nats.Msg) (uint64, error) {
	ack, err := jetstreamext.PublishMsgBatch(ctx, c.js, parts, jetstreamext.BatchFlowControl{})
	var refused *jetstream.APIError
	switch {
	case err == nil:
		return ack.Sequence, nil
	case errors.As(err, &refused) && refused.ErrorCode == codeBatchDuplicate:
		return c.original(ctx, id)
	default:
		return 0, err //nolint:wrapcheck // Append does, when it has seen what it is
	}
}

// original returns where a message with an id is. It publishes one that cannot be
// stored, since it wants to come after a message that never was: the servers look at the
// id first, and answer with the original's.
func (c *Cluster) original(ctx context.Context, id string) (uint64, error) {
	m := c.message(c.names.entry(), id, "")
	ack, err := c.js.PublishMsg(ctx, m, jetstream.WithRetryAttempts(0), jetstream.WithExpectLastMsgID("of no message"))
	if err != nil {
		return 0, fmt.Errorf("look for the original: %w", err)
	}
	return ack.Sequence, nil
}
