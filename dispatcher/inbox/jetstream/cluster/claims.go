package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Of the consumers that hand out: how long a message that is not kept stays in a gateway's
// hands, and how many may be in all hands at once.
const (
	DeliverySpan = 30 * time.Second
	mostInHand   = 1000
	// keepWithin bounds the wait for the server to hear that something is in hand.
	keepWithin = 3 * time.Second
	// leaderless is how long nobody may answer for a consumer that is new, or whose leader
	// is another.
	leaderless = 2 * time.Second
	// longestPull and shortestPull bound how long one question for messages waits.
	longestPull  = 8 * time.Second
	shortestPull = 50 * time.Millisecond
)

// The headers of an offer.
const (
	headerOffer = "Switchhook-Offer" // its events
	headerAfter = "Switchhook-After" // the entry that a view must have applied
	headerDoubt = "Switchhook-Doubt" // somebody may have had them before
)

// Deliveries hands out what there is for one plugin: to each gateway that asks, something
// else. It is safe for concurrent use.
type Deliveries struct {
	hands  *hands
	plugin string
	// doubt is up to where of the log another consumer may have handed it out before.
	doubt uint64
}

// Delivery is an entry or an offer that is in this gateway's hands until it is given up, or
// not kept for [DeliverySpan].
type Delivery struct {
	// Mark is the entry's place; for an offer the entry that a view must have applied to
	// see what was offered.
	Mark uint64
	// Place is the message's own place in the log.
	Place uint64
	// New says that it is an entry by which the plugin has new copies.
	New bool
	// Offer are the events of an offer; none for an entry.
	Offer []uint64
	// Doubt says that somebody may have had it in hand before.
	Doubt bool

	hands *hands
	msg   *nats.Msg
}

// Deliveries returns what hands out for the plugin. Its consumer is made where there is
// none, and hands out the log from its beginning: with a doubt, where there was one before.
func (c *Cluster) Deliveries(ctx context.Context, plugin string) (*Deliveries, error) {
	h := c.hands()
	doubt, err := c.doubtWhereAnew(ctx, plugin)
	if err != nil {
		return nil, err
	}
	consumer, err := h.consumer(ctx, h.log, jetstream.ConsumerConfig{
		Durable: h.deliverConsumer(plugin), Description: "hands out what is for plugin " + strconv.Quote(plugin),
		DeliverPolicy: jetstream.DeliverAllPolicy, AckPolicy: jetstream.AckExplicitPolicy, AckWait: DeliverySpan,
		MaxDeliver: -1, MaxAckPending: mostInHand, HeadersOnly: true,
		// What is in whose hands is not worth a write to the nodes' disks for each: the log says
		// what waits. Where all nodes lose it at once, all that waits is handed out again.
		MemoryStorage:  true,
		FilterSubjects: []string{h.entrySubject(), h.offerSubject(plugin)},
		Metadata:       doubt,
	})
	if err != nil {
		return nil, err
	}
	c.met.Store(plugin, true)
	return &Deliveries{hands: h, plugin: plugin, doubt: doubtOf(consumer.CachedInfo().Config)}, nil
}

// Fetch waits for something to be handed out, and returns at most so many that are there
// then. Where ctx ends it returns none; what comes at that moment is given back.
func (d *Deliveries) Fetch(ctx context.Context, most int) ([]*Delivery, error) {
	wait := longestPull
	if deadline, ok := ctx.Deadline(); ok {
		wait = max(shortestPull, min(wait, time.Until(deadline)))
	}
	asked := time.Now()
	messages, err := d.hands.pull(ctx, d.hands.log, d.hands.deliverConsumer(d.plugin), most, wait)
	for errors.Is(err, nats.ErrNoResponders) && time.Since(asked) < leaderless && pause(ctx) {
		messages, err = d.hands.pull(ctx, d.hands.log, d.hands.deliverConsumer(d.plugin), most, wait)
	}
	if err != nil {
		return nil, fmt.Errorf("ask for what is for plugin %s: %w", d.plugin, reached(err))
	}
	all := make([]*Delivery, len(messages))
	for i, m := range messages {
		all[i] = d.read(m)
	}
	return all, nil
}

func (d *Deliveries) read(m *nats.Msg) *Delivery {
	r := &Delivery{hands: d.hands, msg: m}
	if meta, err := m.Metadata(); err == nil {
		r.Place, r.Mark = meta.Sequence.Stream, meta.Sequence.Stream
		r.Doubt = meta.NumDelivered > 1 || r.Place <= d.doubt
	}
	header := m.Header
	if m.Subject == d.hands.entrySubject() {
		r.New = slices.Contains(UnescapePlugins(header.Get(HeaderPlugins)), d.plugin)
		return r
	}
	r.Mark, _ = strconv.ParseUint(header.Get(headerAfter), 10, 64) // one that cannot be read waits for nothing
	r.Doubt = r.Doubt || header.Get(headerDoubt) != ""
	for text := range strings.SplitSeq(header.Get(headerOffer), ",") {
		if seq, err := strconv.ParseUint(text, 10, 64); err == nil {
			r.Offer = append(r.Offer, seq)
		}
	}
	return r
}

// Keep says that it is still in hand, and returns once the cluster knows.
func (r *Delivery) Keep() error { return r.hands.keep(r.msg, keepWithin) }

// Done gives it up for good. Where that is lost it comes again, with Doubt.
func (r *Delivery) Done() error {
	if err := r.hands.conn.Publish(r.msg.Reply, []byte(wordDone)); err != nil {
		return fmt.Errorf("give up what was handed out: %w", err)
	}
	return nil
}

// Later has it handed out again after a while, with Doubt: the server counts how often it
// was handed out, and not why.
func (r *Delivery) Later(after time.Duration) error {
	word := wordLater
	if after > 0 {
		word = fmt.Sprintf(`%s {"delay": %d}`, wordLater, after.Nanoseconds())
	}
	if err := r.hands.conn.Publish(r.msg.Reply, []byte(word)); err != nil {
		return fmt.Errorf("give back what was handed out: %w", err)
	}
	return nil
}

// Places says how far the handing out for a plugin is: last is the place of the newest
// message of the log, and nothing up to done is in anybody's hands, or still to be handed
// out. Nothing at all is where done is last.
func (c *Cluster) Places(ctx context.Context, plugin string) (done, last uint64, err error) {
	h := c.hands()
	_, last, _, err = c.Bounds(ctx)
	if err != nil {
		return 0, 0, err
	}
	consumer, err := h.js.Consumer(ctx, h.log, h.deliverConsumer(plugin))
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		return 0, last, nil
	}
	if err != nil {
		return 0, 0, fmt.Errorf("ask how far plugin %s is: %w", plugin, err)
	}
	info := consumer.CachedInfo() // the question has just brought it
	if info.NumPending == 0 && info.NumAckPending == 0 {
		return last, last, nil
	}
	return info.AckFloor.Stream, last, nil
}
