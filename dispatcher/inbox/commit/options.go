package commit

import (
	"context"
	"log/slog"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// Options are what a [Committer] is made from. Journal is needed; a zero field has
// the default in brackets. The funcs may be nil. All are called on the goroutine that
// writes, one after the other, so that they must neither block nor call back.
type Options struct {
	Journal store.Journal
	// OnCommit is told of each batch that has become durable, in their order and
	// before whoever waits for one is told. The batch is only lent; its events may be
	// copied, and their bodies kept.
	OnCommit func(b *store.Batch)
	// OnHold is told when results cannot be written (true) and when all that were
	// kept are (false): deliveries that go on meanwhile are made again if the
	// gateway dies.
	OnHold func(held bool)
	// OnDoubt is told, with the first commit that succeeds again, that copies may wait
	// which OnCommit was not told of: a commit that failed as far as the journal could
	// tell may have been made all the same.
	OnDoubt func()
	// OnState is told of every change of state.
	OnState func(s State)
	// Observe is told how long each attempt to commit took.
	Observe func(took time.Duration, b *store.Batch, err error)
	// Room reports whether a journal that was full takes appends again, besides that
	// it takes an empty batch; nil for yes.
	Room func(ctx context.Context) bool
	// Queue bounds the appends that wait [8192], QueueBytes their bodies [64 MiB]; one
	// append may always wait.
	Queue      int
	QueueBytes int64
	// MaxItems bounds the appends, and the results, of one commit [1024], MaxBytes
	// the bodies [4 MiB]; one append is always taken.
	MaxItems int
	MaxBytes int64
	// MinProbe and MaxProbe bound the wait between two probes, which doubles with
	// each [100 ms, 2 s].
	MinProbe, MaxProbe time.Duration
	// Logger is where it reports to; nil for nowhere.
	Logger *slog.Logger
}

func (o *Options) setDefaults() {
	o.Queue = or(o.Queue, 8192)
	o.QueueBytes = or(o.QueueBytes, 64<<20)
	o.MaxItems = or(o.MaxItems, 1024)
	o.MaxBytes = or(o.MaxBytes, 4<<20)
	o.MinProbe = or(o.MinProbe, 100*time.Millisecond)
	o.MaxProbe = max(o.MinProbe, or(o.MaxProbe, 2*time.Second))
	if o.OnCommit == nil {
		o.OnCommit = func(*store.Batch) {}
	}
	if o.OnHold == nil {
		o.OnHold = func(bool) {}
	}
	if o.OnDoubt == nil {
		o.OnDoubt = func() {}
	}
	if o.OnState == nil {
		o.OnState = func(State) {}
	}
	if o.Observe == nil {
		o.Observe = func(time.Duration, *store.Batch, error) {}
	}
	if o.Room == nil {
		o.Room = func(context.Context) bool { return true }
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
}

// or returns value, or the usual where there is none.
func or[N int | int64 | time.Duration](value, usual N) N {
	if value <= 0 {
		return usual
	}
	return value
}
