package jetstream

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// claim is copies in this gateway's hands: [store.Claim]. It is in hand for as long as all
// its messages are.
type claim struct {
	handout    *handout
	plugin     string
	deliveries []*cluster.Delivery
	copies     []store.Copy
	doubt      bool
	over       sync.Once
}

// sort puts the copies in order. One may have come twice.
func (c *claim) sort() {
	slices.SortFunc(c.copies, func(a, b store.Copy) int { return cmp.Compare(a.Event.Seq, b.Event.Seq) })
	c.copies = slices.CompactFunc(c.copies, func(a, b store.Copy) bool { return a.Event.Seq == b.Event.Seq })
}

// Seqs implements [store.Claim].
func (c *claim) Seqs() []uint64 {
	seqs := make([]uint64, len(c.copies))
	for i := range c.copies {
		seqs[i] = c.copies[i].Event.Seq
	}
	return seqs
}

// Copies are what it claims, as they were read when it was handed out. It saves reading
// them again.
func (c *claim) Copies() []store.Copy { return c.copies }

// Doubt implements [store.Claim]. Where it is in doubt of some of the copies, it is of all.
func (c *claim) Doubt() bool { return c.doubt }

// Span implements [store.Claim].
func (c *claim) Span() time.Duration { return cluster.DeliverySpan }

// Keep implements [store.Claim].
func (c *claim) Keep() error {
	for _, d := range c.deliveries {
		if err := d.Keep(); err != nil {
			return err
		}
	}
	return nil
}

// Done implements [store.Claim].
func (c *claim) Done() error {
	c.over.Do(func() { c.handout.inHand.Add(-1) })
	var errs []error
	for _, d := range c.deliveries {
		errs = append(errs, d.Done())
	}
	return errors.Join(errs...)
}

// Release implements [store.Claim]. What is given back at once is offered, which says that
// nobody has it in hand; what is given back for later comes with a doubt.
func (c *claim) Release(after time.Duration) error {
	if after > 0 {
		c.over.Do(func() { c.handout.inHand.Add(-1) })
		var errs []error
		for _, d := range c.deliveries {
			errs = append(errs, d.Later(after))
		}
		return errors.Join(errs...)
	}
	ctx, cancel := context.WithTimeout(context.Background(), releaseWithin)
	defer cancel()
	copies, err := c.handout.view.Copies(ctx, c.plugin, c.Seqs())
	if err != nil {
		return fmt.Errorf("give a claim of plugin %s back: %w", c.plugin, err)
	}
	var waiting []uint64
	for _, o := range copies {
		waiting = append(waiting, o.Event.Seq)
	}
	if len(waiting) > 0 {
		if err := c.handout.Offer(ctx, c.plugin, waiting, c.doubt); err != nil {
			return err
		}
	}
	return c.Done()
}
