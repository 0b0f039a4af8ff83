package store

import (
	"context"
	"time"
)

// Shared is a [Store] that several gateways have in common: what one of them commits, all
// of them have, in the same order. Besides keeping, it hands out: of the copies that wait,
// each is in the hands of one gateway at a time.
//
// To be handed a copy is a right to deliver it, and no more than that: what is true is what
// was committed. Where a gateway dies, or cannot be reached for long, others are handed
// what it had, so that a copy may be delivered twice and is never forgotten.
type Shared interface {
	Store
	Handout
	Witness
}

// Witness tells of what the gateways have in common.
type Witness interface {
	// Copies returns those of a plugin's copies of these events that wait, in the order
	// of Seq, with their bodies.
	Copies(ctx context.Context, plugin string, seqs []uint64) ([]Copy, error)
	// Watch has f told, in order and one at a time, of every change that is applied,
	// whoever has made it, before the commit that made it returns. It must be called
	// before the first commit, and f must neither block nor call back.
	Watch(f func(Applied))
	// Trouble says why the gateways have no store in common at the moment, as far as
	// this one can tell, and since when; empty where all is well.
	Trouble() (why string, since time.Time)
}

// Tended is a Shared that wants one gateway of all to look after it.
type Tended interface {
	// Keep looks after the store until held ends.
	Keep(held context.Context)
}

// Applied is a change that a store has applied.
type Applied struct {
	// Batch is the batch, with what the commit has set in it; nil for another change.
	// It is only lent; its events may be copied, and their bodies kept.
	Batch *Batch
	// Own says that this gateway has made the change.
	Own bool
	// Reshaped are plugins whose copies or subscriptions were changed other than by a
	// batch: moved, unsubscribed, or all of them anew ("*").
	Reshaped []string
}

// Handout hands copies out among the gateways.
type Handout interface {
	// Claim waits for copies of the plugin that are in nobody's hands, and returns some
	// of them: about limit, and never none. It fails with ctx's error where ctx ends
	// before.
	Claim(ctx context.Context, plugin string, limit int) (Claim, error)
	// Offer has copies handed out that wait and are in nobody's hands: those that an
	// attempt has left for later, once they are due, and those that were made ready
	// again. Doubt says that somebody may have had them before.
	Offer(ctx context.Context, plugin string, seqs []uint64, doubt bool) error
	// Places says how far the handing out for a plugin is. What was committed or offered
	// before has a place up to last. Nothing up to done is in anybody's hands any more, or
	// still to be handed out: a copy of such a place that waits has been forgotten, and is
	// to be offered.
	Places(ctx context.Context, plugin string) (done, last uint64, err error)
	// Baton waits until this gateway, of all that want it, holds the baton of that name,
	// and calls hold; held ends as soon as others may have it. It returns when hold has
	// returned, or with ctx's error; the baton is then given on at once.
	Baton(ctx context.Context, name string, hold func(held context.Context)) error
}

// Claim is copies of one plugin that are in this gateway's hands. It is safe for
// concurrent use.
type Claim interface { //nolint:interfacebloat // a claim is one thing, and whoever has it does all of this
	// Seqs are the events, in order, as they waited when it was handed out.
	Seqs() []uint64
	// Doubt says that another gateway, or this one before it was restarted, had the
	// copies in its hands and did not give them back.
	Doubt() bool
	// Keep says that they are still in hand. What is not kept for the span of
	// [Claim.Span] is handed out to others.
	Keep() error
	// Span is how long a claim lasts that is not kept.
	Span() time.Duration
	// Done gives the copies up: each has a result that is committed, or is kept by an
	// offer.
	Done() error
	// Release gives back what still waits, to be handed out again after a while.
	Release(after time.Duration) error
}
