package inbox

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/commit"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

const (
	// trimEvery is how often an inbox in use is looked after, trimIdle one that
	// nothing happens to.
	trimEvery = time.Minute
	trimIdle  = 16 * time.Minute
	// trimFull is how often a full one is: room is wanted at once.
	trimFull = 250 * time.Millisecond
	// trimStep bounds the events that one step lets go of, so that no commit waits
	// long for it; trimPause leaves commits their turn between two steps.
	trimStep  = 1000
	trimPause = 5 * time.Millisecond
	// trimTo is the part of the capacity that finished events may fill with others,
	// and trimAgain the part after which it is looked at again.
	trimTo    = 0.9
	trimAgain = 0.02
	// eventOverhead is what an event takes beside its body, about.
	eventOverhead = 512
)

// janitor lets go of finished events that are old, or that take room which is needed.
type janitor struct {
	inbox  *Inbox
	wanted chan struct{} // takes one: look at once
	came   atomic.Int64  // bytes of bodies since the last look
	enough atomic.Int64  // so many that it looks again at once
	cancel context.CancelFunc
	once   sync.Once
	done   chan struct{}
}

func newJanitor(b *Inbox) *janitor {
	return &janitor{inbox: b, wanted: make(chan struct{}, 1), cancel: func() {}, done: make(chan struct{})}
}

func (j *janitor) start() {
	ctx, cancel := context.WithCancel(context.Background())
	j.cancel = cancel
	j.once.Do(func() { go j.run(ctx) })
}

// stop ends it, and waits for the step under way.
func (j *janitor) stop() {
	j.cancel()
	j.once.Do(func() { close(j.done) }) // it was never started
	<-j.done
}

// kick has it look at once.
func (j *janitor) kick() {
	select {
	case j.wanted <- struct{}{}:
	default:
	}
}

// appended tells it what has come. Where finished events can make room, the inbox is
// never full: it looks again before what comes has used up what it left.
func (j *janitor) appended(appends []store.Append) {
	n := int64(0)
	for i := range appends {
		n += int64(len(appends[i].Event.Body)) + eventOverhead
	}
	if came, enough := j.came.Add(n), j.enough.Load(); enough > 0 && came >= enough {
		j.kick()
	}
}

func (j *janitor) run(ctx context.Context) {
	defer close(j.done)
	interval := trimEvery
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-j.wanted:
		}
		used := j.came.Swap(0) > 0
		trimmed := j.trim(ctx)
		full := j.inbox.committer.State().Kind == commit.Full
		switch {
		case full && trimmed:
			j.inbox.committer.Probe()
			interval = trimFull
		case full:
			interval = trimFull
		case used || trimmed:
			interval = trimEvery
		default:
			interval = min(max(2*interval, trimEvery), trimIdle)
		}
		timer.Reset(interval)
	}
}

// trim lets go of all that may go, and reports whether there was any.
func (j *janitor) trim(ctx context.Context) bool {
	if s := j.inbox.share; s != nil && !s.Keeping() {
		return false // another gateway does it for all
	}
	keep := j.inbox.options.Store
	stats, err := keep.Stats(ctx)
	if err != nil {
		return false // a store in trouble is reported by whoever writes to it
	}
	j.enough.Store(int64(trimAgain * float64(stats.MaxBytes)))
	events, bytes := 0, int64(0)
	for more := true; more; {
		done, err := keep.Trim(ctx, store.Retention{
			Before:   time.Now().Add(-j.inbox.settings.Load().Retention),
			MaxBytes: int64(trimTo * float64(stats.MaxBytes)),
			Limit:    trimStep,
		})
		if err != nil {
			if ctx.Err() == nil {
				j.inbox.options.Logger.WarnContext(ctx, "inbox could not let go of finished events", "err", err)
			}
			break
		}
		events, bytes, more = events+done.Events, bytes+done.Bytes, done.More
		if more && !pause(ctx, trimPause) {
			break
		}
	}
	if events > 0 {
		j.inbox.options.Logger.DebugContext(ctx, "inbox let go of finished events", "events", events, "bytes", bytes)
	}
	return events > 0
}

// pause waits for so long; false where ctx ends first.
func pause(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
