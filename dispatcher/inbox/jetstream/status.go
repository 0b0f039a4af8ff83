package jetstream

import (
	"context"
	"sync"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
)

// lookEvery is how often the cluster is asked where the log ends.
const lookEvery = 2 * time.Second

// Status is the store and its cluster at a glance. Nobody is asked for it.
type Status struct {
	cluster.Status
	// Mark is the entry of the log that the view has come to, Last the latest entry that is
	// known of, and Lag for how long there has been one that the view has not come to.
	Mark, Last uint64
	Lag        time.Duration
	// LogBytes is what the log takes of LogMaxBytes, as of a few seconds ago.
	LogBytes, LogMaxBytes int64
	// SnapshotMark is the entry that the latest snapshot has come to. SnapshotAt is when this
	// gateway took it or saw it first; zero where it was there before.
	SnapshotMark uint64
	SnapshotAt   time.Time
	// Claims counts what is in this gateway's hands; see [store.Claim].
	Claims int
}

// Status returns the store and its cluster at a glance.
func (s *Store) Status() Status {
	g := &s.gauges
	st := Status{Status: s.log.Status(), Lag: s.position.lag(), LogMaxBytes: s.options.Cluster.MaxBytes}
	st.Mark, st.Last = s.position.now()
	if h, ok := s.Handout.(*handout); ok {
		st.Claims = int(h.inHand.Load())
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	st.LogBytes, st.SnapshotMark, st.SnapshotAt = g.bytes, g.snapshotMark, g.snapshotAt
	return st
}

// gauges are what was learned of the log from time to time.
type gauges struct {
	mu           sync.Mutex
	bytes        int64
	snapshotMark uint64
	snapshotAt   time.Time
}

func (g *gauges) log(bytes int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.bytes = bytes
}

// grow counts what has come since somebody looked.
func (g *gauges) grow(bytes int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.bytes += int64(bytes)
}

// size is what the log takes, about.
func (g *gauges) size() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.bytes
}

func (g *gauges) snapshot(mark uint64, at time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if mark != g.snapshotMark || !at.IsZero() {
		g.snapshotMark, g.snapshotAt = mark, at
	}
}

// gauge looks at the log from time to time until ctx ends.
func (s *Store) gauge(ctx context.Context) {
	for sleep(ctx, lookEvery) {
		if !s.log.Status().Connected {
			continue
		}
		var bytes int64
		asking, cancel := context.WithTimeout(ctx, maxLag)
		last, err := s.log.End(asking)
		if err == nil {
			_, _, bytes, err = s.log.Bounds(asking)
		}
		cancel()
		if ctx.Err() != nil {
			return
		}
		if s.heard(err); err != nil {
			continue
		}
		s.gauges.log(bytes)
		s.position.saw(last)
		if mark, _ := s.position.now(); mark >= last && s.running.Load() != nil {
			s.trouble.over()
		}
	}
}
