package logging

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// maxKinds bounds the kinds that are remembered. There are a few hundred messages, and
// a line is of one command of 81; beyond it the rest are one kind.
const maxKinds = 4096

// lookAgain is how often those that can be forgotten are looked for.
const lookAgain = time.Second

// gate decides which lines pass.
type gate struct {
	o       Options
	metrics *metrics
	telling sync.Mutex // so that close returns after the last line

	mu     sync.Mutex
	kinds  map[kind]*bucket
	timer  *time.Timer // runs while something was left out that is not told of
	closed bool
	looked time.Time // when kinds were last forgotten
}

// bucket holds what may still pass of one kind.
type bucket struct {
	tokens   float64
	refilled time.Time
	leftOut  int
	since    time.Time // of the first that was left out
}

func newGate(o Options, m *metrics) *gate {
	return &gate{o: o, metrics: m, kinds: make(map[kind]*bucket)}
}

// pass reports whether a line of level and kind k may be written, and counts it.
func (g *gate) pass(level slog.Level, k kind) bool {
	passes := g.take(k)
	if passes {
		g.metrics.line(level)
	} else {
		g.metrics.suppressed.Inc()
	}
	return passes
}

func (g *gate) take(k kind) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return true
	}
	now := time.Now()
	b := g.bucket(k, now)
	burst, rate := g.bounds(k)
	b.refill(now, burst, rate)
	if b.tokens >= 1 {
		b.tokens--
		return true
	}
	if b.leftOut == 0 {
		b.since = now
	}
	b.leftOut++
	if g.timer == nil {
		g.timer = time.AfterFunc(g.o.Every, g.tell)
	}
	return false
}

func (g *gate) bounds(k kind) (burst, rate float64) {
	if k.foreign {
		return float64(g.o.PluginBurst), float64(g.o.PluginRate)
	}
	return float64(g.o.Burst), float64(g.o.Rate)
}

func (b *bucket) refill(now time.Time, burst, rate float64) {
	b.tokens = min(burst, b.tokens+now.Sub(b.refilled).Seconds()*rate)
	b.refilled = now
}

// bucket returns the bucket of k; mu is held.
func (g *gate) bucket(k kind, now time.Time) *bucket {
	if b := g.kinds[k]; b != nil {
		return b
	}
	if len(g.kinds) >= maxKinds && now.Sub(g.looked) >= lookAgain {
		g.forget(now)
	}
	if len(g.kinds) >= maxKinds {
		k = kind{message: "lines of very many kinds"}
		if b := g.kinds[k]; b != nil {
			return b
		}
	}
	burst, _ := g.bounds(k)
	b := &bucket{tokens: burst, refilled: now}
	g.kinds[k] = b
	return b
}

// forget lets go of the kinds of which nothing was written for a while: a new bucket
// would be the same. mu is held.
func (g *gate) forget(now time.Time) {
	g.looked = now
	for k, b := range g.kinds {
		burst, rate := g.bounds(k)
		b.refill(now, burst, rate)
		if b.tokens >= burst && b.leftOut == 0 {
			delete(g.kinds, k)
		}
	}
}

// tell writes how many lines of each kind were left out since it last did.
func (g *gate) tell() {
	g.telling.Lock()
	defer g.telling.Unlock()
	g.mu.Lock()
	g.timer = nil
	told := make(map[kind]bucket)
	for k, b := range g.kinds {
		if b.leftOut > 0 {
			told[k] = *b
			b.leftOut = 0
		}
	}
	g.mu.Unlock()
	ctx := context.Background()
	for k, b := range told {
		log := g.o.Next.WithAttrs(k.attrs())
		r := slog.NewRecord(time.Now(), slog.LevelWarn, "log lines left out", 0)
		r.AddAttrs(slog.Int("count", b.leftOut), slog.Time("since", b.since))
		if !log.Enabled(ctx, r.Level) {
			continue
		}
		g.metrics.line(r.Level)
		log.Handle(ctx, r) //nolint:errcheck,gosec // A log that fails has nowhere to say so.
	}
}

// close tells what is left to tell, and leaves no timer behind.
func (g *gate) close() {
	g.mu.Lock()
	g.closed = true
	if g.timer != nil {
		g.timer.Stop()
	}
	g.mu.Unlock()
	g.tell()
}
