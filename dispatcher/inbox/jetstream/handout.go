package jetstream

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

const (
	// mostFetched bounds the entries and offers of one claim.
	mostFetched = 64
	// clockSkew is how far apart the gateways' clocks may be: an offered copy that is due
	// that soon is due.
	clockSkew = 5 * time.Second
	// releaseWithin bounds what giving a claim back takes.
	releaseWithin = 5 * time.Second
)

// applied is what handing out needs of the store: the view, and how far it is.
type applied interface {
	// Await waits until the view has applied the entry.
	Await(ctx context.Context, mark uint64) error
	// Mark is the latest entry that it has applied.
	Mark() uint64
	Range(ctx context.Context, mark uint64) (first, last uint64, err error)
	Copies(ctx context.Context, plugin string, seqs []uint64) ([]store.Copy, error)
}

// handout hands copies out among the gateways: [store.Handout]. What the cluster hands out
// are entries of the log and offers; which copies these are, the view knows.
type handout struct {
	view    applied
	cluster *cluster.Cluster
	inHand  atomic.Int64 // claims

	mu      sync.Mutex
	plugins map[string]*handing
}

// handing is what is handed out for one plugin.
type handing struct {
	deliveries *cluster.Deliveries
	// copies is how many a message had of late.
	copies float64
}

func newHandout(view applied, c *cluster.Cluster) *handout {
	return &handout{view: view, cluster: c, plugins: map[string]*handing{}}
}

// Claim implements [store.Handout].
func (h *handout) Claim(ctx context.Context, plugin string, limit int) (store.Claim, error) { //nolint:ireturn // the interface's own
	for {
		p, most, err := h.handing(ctx, plugin, limit)
		if err != nil {
			return nil, fmt.Errorf("claim for plugin %s: %w", plugin, err)
		}
		deliveries, err := p.deliveries.Fetch(ctx, most)
		if err != nil {
			h.forget(plugin)
			return nil, fmt.Errorf("claim for plugin %s: %w", plugin, err)
		}
		c, err := h.claim(ctx, plugin, deliveries)
		if err != nil {
			return nil, fmt.Errorf("claim for plugin %s: %w", plugin, err)
		}
		if c != nil {
			h.learn(p, len(c.copies), len(deliveries))
			return c, nil
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("claim for plugin %s: %w", plugin, context.Cause(ctx))
		}
	}
}

// handing returns what hands out for the plugin, and how many messages are about limit
// copies.
func (h *handout) handing(ctx context.Context, plugin string, limit int) (*handing, int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.plugins[plugin]
	if p == nil {
		d, err := h.cluster.Deliveries(ctx, plugin)
		if err != nil {
			return nil, 0, err
		}
		p = &handing{deliveries: d, copies: 1}
		h.plugins[plugin] = p
	}
	return p, min(mostFetched, max(1, int(float64(limit)/max(1, p.copies)))), nil
}

func (h *handout) learn(p *handing, copies, messages int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p.copies += (float64(copies)/float64(messages) - p.copies) / 4
}

// forget has the consumer looked at again: it may have been removed.
func (h *handout) forget(plugin string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.plugins, plugin)
}

// claim makes a claim of what was handed out; nil where none of it waits. What has nothing
// for the plugin is given up at once, and all of it is given back where the view does not
// say what it is.
func (h *handout) claim(ctx context.Context, plugin string, deliveries []*cluster.Delivery) (*claim, error) {
	c := &claim{handout: h, plugin: plugin}
	for i, d := range deliveries {
		copies, err := h.copies(ctx, plugin, d)
		if err != nil {
			for _, back := range append(c.deliveries, deliveries[i:]...) {
				err = errors.Join(err, back.Later(0))
			}
			return nil, err
		}
		if len(copies) == 0 {
			_ = d.Done() // where that is lost, it comes again
			continue
		}
		c.deliveries = append(c.deliveries, d)
		c.copies = append(c.copies, copies...)
		c.doubt = c.doubt || d.Doubt
	}
	if len(c.deliveries) == 0 {
		return nil, nil //nolint:nilnil // nothing of it waits
	}
	c.sort()
	h.inHand.Add(1)
	return c, nil
}

// copies are those of the plugin that are handed out. What an attempt has left for later
// comes by an offer alone, once it is due: not with the entry that has appended it, which is
// handed out again where somebody died.
func (h *handout) copies(ctx context.Context, plugin string, d *cluster.Delivery) ([]store.Copy, error) {
	if !d.New && len(d.Offer) == 0 {
		return nil, nil
	}
	if err := h.view.Await(ctx, d.Mark); err != nil {
		return nil, fmt.Errorf("wait for entry %d: %w", d.Mark, err)
	}
	seqs, err := h.events(ctx, d)
	if err != nil || len(seqs) == 0 {
		return nil, err
	}
	all, err := h.view.Copies(ctx, plugin, seqs)
	if err != nil {
		return nil, err
	}
	handed, soon := all[:0], time.Now().Add(clockSkew)
	for _, c := range all {
		if c.State == store.Ready || !d.New && !c.DueAt.After(soon) {
			handed = append(handed, c)
		}
	}
	return handed, nil
}

// events are those that an entry has appended, or that an offer names.
func (h *handout) events(ctx context.Context, d *cluster.Delivery) ([]uint64, error) {
	if !d.New {
		return d.Offer, nil
	}
	first, last, err := h.view.Range(ctx, d.Mark)
	if err != nil || first == 0 {
		return nil, err
	}
	seqs := make([]uint64, 0, last-first+1)
	for seq := first; seq <= last; seq++ {
		seqs = append(seqs, seq)
	}
	return seqs, nil
}

// Offer implements [store.Handout].
func (h *handout) Offer(ctx context.Context, plugin string, seqs []uint64, doubt bool) error {
	return h.cluster.Offer(ctx, plugin, seqs, h.view.Mark(), doubt)
}

// Places implements [store.Handout].
func (h *handout) Places(ctx context.Context, plugin string) (done, last uint64, err error) {
	return h.cluster.Places(ctx, plugin)
}

// Baton implements [store.Handout].
func (h *handout) Baton(ctx context.Context, name string, hold func(held context.Context)) error {
	return h.cluster.Baton(ctx, name, hold)
}
