package inbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/switchhook/switchhook/dispatcher/inbox/commit"
	"github.com/switchhook/switchhook/dispatcher/inbox/courier"
	"github.com/switchhook/switchhook/dispatcher/inbox/share"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// diskRoom is what a full disk must have free again before callbacks are accepted.
const diskRoom = 4 << 20

// Inbox keeps after-callbacks until every plugin has had them. It is safe for
// concurrent use.
type Inbox struct {
	options   Options
	settings  atomic.Pointer[Settings]
	queues    []store.Queue // what was there when it was opened
	metrics   *metrics
	committer *commit.Committer
	courier   *courier.Courier
	share     *share.Share // nil where no other gateway has the store
	janitor   *janitor
	stalls    stalls

	subscribing chan struct{} // takes one: whoever changes subscriptions
	closing     chan struct{}
	close       sync.Once
}

// Open takes up what the store holds. Nothing is delivered before [Inbox.Start].
func Open(ctx context.Context, o Options) (*Inbox, error) {
	if err := o.complete(); err != nil {
		return nil, fmt.Errorf("open the inbox: %w", err)
	}
	stats, err := o.Store.Stats(ctx)
	if err != nil {
		return nil, fmt.Errorf("open the inbox: read what waits: %w", err)
	}
	b := &Inbox{options: o, queues: stats.Queues, closing: make(chan struct{}), subscribing: make(chan struct{}, 1)}
	b.stalls.init(b.closing)
	settings := o.Settings.withDefaults()
	b.settings.Store(&settings)
	if b.metrics, err = newMetrics(b); err != nil {
		return nil, fmt.Errorf("open the inbox: register its metrics: %w", err)
	}
	b.metrics.recovered.Set(float64(waiting(stats.Queues)))
	b.janitor = newJanitor(b)
	b.newCourier(stats)
	b.committer = commit.New(commit.Options{ //nolint:contextcheck // it outlives the opening
		Journal:  o.Store,
		OnCommit: b.committed,
		OnHold:   b.courier.Hold,
		OnDoubt:  b.lookAgain,
		OnState:  b.stateChanged,
		Observe:  b.metrics.observeCommit,
		Room:     b.hasRoom,
		Logger:   o.Logger,
	})
	switch {
	case stats.Loss == nil:
	case stats.Loss.Left > 0:
		o.Logger.ErrorContext(ctx, "accepted callbacks are in no inbox that is delivered from: `switchhook inbox move --from FOLDER --config FILE` brings them back",
			"copies", stats.Loss.Left, "why", stats.Loss.Detail, "folder", stats.Loss.Aside)
	default:
		o.Logger.ErrorContext(ctx, "the inbox was damaged, and accepted callbacks are lost", "commits", stats.Loss.Commits,
			"found", stats.Loss.Detail, "damaged_files", stats.Loss.Aside)
	}
	return b, nil
}

// newCourier makes what delivers. Where other gateways have the store too, that is what
// this one is handed.
func (b *Inbox) newCourier(stats store.Stats) {
	o := b.options
	c := courier.Options{
		Archive: o.Store, Deliver: o.Deliver, Serves: o.Serves, Lost: o.Lost, Poison: o.Poison, OrderKey: o.OrderKey,
		Report:   func(r store.Result) { b.committer.Result(r) },
		Waited:   func(_, _ string, wait time.Duration) { b.metrics.wait.Observe(max(0, wait.Seconds())) },
		Settings: b.settings.Load().courier(), Doubtful: doubtful(stats), Logger: o.Logger,
	}
	shared, ok := o.Store.(store.Shared)
	if !ok {
		b.courier = courier.New(c)
		return
	}
	b.share = share.New(share.Options{Store: shared, Serves: o.Serves, Logger: o.Logger})
	c.Archive, c.Serves, c.Doubtful = b.share, b.share.Serves, b.share.Doubtful
	b.courier = courier.New(c)
	b.share.Bind(b.courier)
	shared.Watch(func(a store.Applied) {
		if a.Batch != nil && len(a.Batch.Appends) > 0 {
			b.janitor.appended(a.Batch.Appends)
		}
	})
}

// Start begins the deliveries.
func (b *Inbox) Start() {
	b.courier.Start(b.queues)
	if b.share != nil {
		b.share.Start(b.queues)
	}
	b.queues = nil
	b.janitor.start()
}

// Configure takes new settings over.
func (b *Inbox) Configure(s Settings) {
	s = s.withDefaults()
	b.settings.Store(&s)
	b.courier.Configure(s.courier())
	b.janitor.kick()
}

// Refresh has the inbox look again at whom it may deliver to: plugins, claims or
// routes have changed.
func (b *Inbox) Refresh() { b.courier.Refresh() }

// Close stops accepting, waits for the deliveries under way until ctx ends, writes
// down what they led to, and closes the store. The store stays open, and the error
// says so, where a commit does not end.
func (b *Inbox) Close(ctx context.Context) error {
	var errs []error
	b.close.Do(func() {
		close(b.closing) // whoever stalls is answered
		b.janitor.stop()
		if b.share != nil {
			b.share.Rest()
		}
		cut, left := b.courier.Close(ctx), b.committer.Close(ctx)
		if b.share != nil {
			b.share.Close()
		}
		errs = append(errs, cut, left)
		b.metrics.unregister()
		if b.committer.Idle() {
			errs = append(errs, b.giveBack(ctx, left == nil))
		}
	})
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close the inbox: %w", err)
	}
	return nil
}

// giveBack closes the store. Where results are not written, or a stop before this one
// left copies in doubt that still wait, the next gateway has to know that a copy without
// a record of an attempt may have been handed out.
func (b *Inbox) giveBack(ctx context.Context, written bool) error {
	if s, ok := b.options.Store.(store.Leaver); ok && (!written || b.inDoubt(ctx)) {
		return s.Leave()
	}
	return b.options.Store.Close()
}

func (b *Inbox) inDoubt(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), scrapeTimeout)
	defer cancel()
	stats, err := b.options.Store.Stats(ctx)
	return err != nil || stats.Unclean && waiting(stats.Queues) > 0
}

// committed is told of everything that has become durable, in order.
func (b *Inbox) committed(batch *store.Batch) {
	b.metrics.count(batch)
	if b.share != nil { // what is new, or ready again, comes by claims
		b.courier.Committed(&store.Batch{Results: batch.Results})
		b.share.Committed(batch)
		return
	}
	b.courier.Committed(batch)
	if len(batch.Appends) > 0 {
		b.janitor.appended(batch.Appends)
	}
}

func (b *Inbox) stateChanged(s commit.State) {
	b.metrics.setState(s.Kind)
	if s.Kind == commit.Full {
		b.janitor.kick() // what is finished may make room
	}
}

// lookAgain has everything that waits read again: a commit that failed as far as the
// store could tell may have been made all the same, and nobody was told of its copies.
func (b *Inbox) lookAgain() {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	stats, err := b.options.Store.Stats(ctx)
	if err != nil {
		b.options.Logger.WarnContext(ctx, "inbox cannot look again at what waits", "err", err)
		return
	}
	for _, q := range stats.Queues {
		if q.Waiting() > 0 {
			b.courier.Reload(q.Plugin, q.Command)
		}
	}
}

// hasRoom reports whether a full store takes callbacks again: with a fiftieth of it
// free, and some of the disk, so that it is not full again with the next.
func (b *Inbox) hasRoom(ctx context.Context) bool {
	stats, err := b.options.Store.Stats(ctx)
	return err == nil && (stats.MaxBytes <= 0 || stats.SizeBytes <= stats.MaxBytes-stats.MaxBytes/50) &&
		(stats.DiskFreeBytes < 0 || stats.DiskFreeBytes >= diskRoom)
}

// complete checks that everything needed is there, and fills in the rest.
func (o *Options) complete() error {
	for _, needed := range []struct {
		name    string
		missing bool
	}{
		{"Store", o.Store == nil},
		{"Deliver", o.Deliver == nil},
		{"Serves", o.Serves == nil},
		{"Knows", o.Knows == nil},
		{"Lost", o.Lost == nil},
		{"Poison", o.Poison == nil},
		{"Key", o.Key == nil},
	} {
		if needed.missing {
			return fmt.Errorf("its option %s is missing", needed.name)
		}
	}
	if o.OrderKey == nil {
		o.OrderKey = OrderKey
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Registerer == nil {
		o.Registerer = prometheus.NewRegistry()
	}
	return nil
}

// doubtful reports whether a gateway before may have handed a copy out without a record
// of it: any that was there where it was not stopped cleanly. Nil for none.
func doubtful(s store.Stats) func(plugin string, seq uint64) bool {
	if !s.Unclean {
		return nil
	}
	return func(_ string, seq uint64) bool { return seq <= s.LastSeq }
}

func waiting(queues []store.Queue) (n int64) {
	for _, q := range queues {
		n += q.Waiting()
	}
	return n
}
