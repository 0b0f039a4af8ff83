package cluster

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// longestName is how long an encoded name may be; a longer one is told by its sum.
const longestName = 120

// hands is what handing out among the gateways takes of the cluster.
type hands struct {
	conn     *nats.Conn
	js       jetstream.JetStream
	log      string // the streams
	batons   string
	subjects string // what all subjects begin with, the dot included
}

func (c *Cluster) hands() *hands {
	return &hands{conn: c.nc, js: c.js, log: c.names.logStream(), batons: c.names.batonStream(), subjects: c.names.prefix + "."}
}

func (h *hands) entrySubject() string { return h.subjects + "log.entry" }
func (h *hands) offerSubject(plugin string) string {
	return h.subjects + "log.offer." + encoded(plugin)
}
func (h *hands) batonSubject(name string) string    { return h.subjects + "baton." + encoded(name) }
func (h *hands) batonConsumer(name string) string   { return "baton-" + encoded(name) }
func (h *hands) deliverConsumer(plug string) string { return "deliver-" + encoded(plug) }

// encoded is a name as a part of a subject, or of a consumer's name: what may stand there
// is left as it is, and each other byte is an equals sign and two digits.
func encoded(name string) string {
	var b strings.Builder
	for i := range len(name) {
		switch c := name[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "=%02x", c)
		}
	}
	if b.Len() <= longestName {
		return b.String()
	}
	sum := sha256.Sum256([]byte(name))
	return "=" + hex.EncodeToString(sum[:])
}

// consumer returns the durable consumer, made where there is none. One that is there is
// compared, and never altered.
func (h *hands) consumer(ctx context.Context, stream string, want jetstream.ConsumerConfig) (jetstream.Consumer, error) { //nolint:ireturn // nats.go has no other name for it
	have, err := h.js.Consumer(ctx, stream, want.Durable)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		have, err = h.js.CreateConsumer(ctx, stream, want)
		if errors.Is(err, jetstream.ErrConsumerExists) { // another gateway was quicker
			have, err = h.js.Consumer(ctx, stream, want.Durable)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("consumer %s of stream %s: %w", want.Durable, stream, reached(err))
	}
	if unlike := otherwise(have.CachedInfo().Config, want); len(unlike) > 0 {
		return nil, fmt.Errorf("consumer %s of stream %s: %w: %s; delete it, and it is made anew", want.Durable, stream, ErrShape, strings.Join(unlike, ", "))
	}
	return have, nil
}

// otherwise is what a consumer has other than it should.
func otherwise(have, want jetstream.ConsumerConfig) (all []string) {
	filters := func(c jetstream.ConsumerConfig) string {
		list := slices.Clone(c.FilterSubjects)
		if c.FilterSubject != "" {
			list = append(list, c.FilterSubject)
		}
		slices.Sort(list)
		return strings.Join(list, " ")
	}
	for _, d := range []struct {
		name       string
		have, want any
	}{
		{"filter subjects", filters(have), filters(want)},
		{"ack policy", have.AckPolicy, want.AckPolicy},
		{"deliver policy", have.DeliverPolicy, want.DeliverPolicy},
		{"ack wait", have.AckWait, want.AckWait},
		{"max deliver", have.MaxDeliver, want.MaxDeliver},
		{"max ack pending", have.MaxAckPending, want.MaxAckPending},
		{"headers only", have.HeadersOnly, want.HeadersOnly},
		{"memory storage", have.MemoryStorage, want.MemoryStorage},
		{"backoff", len(have.BackOff), len(want.BackOff)},
		{"inactive threshold", cmp.Or(have.InactiveThreshold, 0), want.InactiveThreshold},
	} {
		if d.have != d.want {
			all = append(all, fmt.Sprintf("its %s is %v, and should be %v", d.name, d.have, d.want))
		}
	}
	return all
}

// keep says of a message that it is still in hand, and returns once the server knows.
func (h *hands) keep(m *nats.Msg, within time.Duration) error {
	if _, err := h.conn.Request(m.Reply, []byte(wordKeep), within); err != nil {
		return fmt.Errorf("say that it is still in hand: %w", err)
	}
	return nil
}
