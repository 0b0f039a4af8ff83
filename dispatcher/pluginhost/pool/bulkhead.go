package pool

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/switchhook/switchhook/sdk"
)

// What a plugin's MaxInFlight and MaxWait mean when they are left at zero.
const (
	DefaultMaxInFlight = 256
	DefaultMaxWait     = 50 * time.Millisecond
)

// room is how many calls of one command a plugin may have, and how long a further
// one waits.
type room struct {
	plugin string
	places atomic.Int64
	wait   atomic.Int64 // a time.Duration
}

func newRoom(plugin string) *room {
	r := &room{plugin: plugin}
	r.set(0, 0)
	return r
}

// set changes the limits; zero means the usual.
func (r *room) set(places int, wait time.Duration) {
	if places == 0 {
		places = DefaultMaxInFlight
	}
	if wait == 0 {
		wait = DefaultMaxWait
	}
	r.places.Store(int64(places))
	r.wait.Store(int64(wait))
}

// gate is the bulkhead of one command: it gives out the places of the plugin's
// room. A place is held until the plugin is through with the call.
type gate struct {
	room    *room
	command string // or otherCommands

	held    atomic.Int64
	queued  atomic.Int64
	waiters atomic.Int64 // those who wait for a process, without a place
	thrift  thrift       // for second attempts at slow calls

	mu    sync.Mutex
	queue []chan struct{} // of those who wait, the first first; closed with a place
}

// enter takes a place, and reports whether there was one before the room's wait,
// or ctx, was over.
func (g *gate) enter(ctx context.Context) bool { return g.try() || g.queueUp(ctx) }

// try takes a place if there is one. Who comes may be faster than who waits.
func (g *gate) try() bool { return g.tryBut(0) }

// trySpare takes a place that first attempts can do without: they keep the last
// quarter for themselves.
func (g *gate) trySpare() bool { return g.tryBut(g.room.places.Load() / keptForFirst) }

// keptForFirst is the part of the places that second attempts at slow calls leave.
const keptForFirst = 4

// tryBut takes a place if more than kept are free.
func (g *gate) tryBut(kept int64) bool {
	for {
		n := g.held.Load()
		if n >= g.room.places.Load()-kept {
			return false
		}
		if g.held.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// leave gives a place back.
func (g *gate) leave() {
	g.held.Add(-1)
	if g.queued.Load() > 0 {
		g.serve()
	}
}

// serve hands free places to those who wait.
func (g *gate) serve() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for len(g.queue) > 0 && g.try() {
		close(g.queue[0])
		g.queue = slices.Delete(g.queue, 0, 1)
		g.queued.Add(-1)
	}
}

func (g *gate) queueUp(ctx context.Context) bool {
	mine := make(chan struct{})
	g.mu.Lock()
	g.queue = append(g.queue, mine)
	g.queued.Add(1)
	g.mu.Unlock()
	g.serve() // what was left before the queue was seen
	timer := time.NewTimer(time.Duration(g.room.wait.Load()))
	defer timer.Stop()
	select {
	case <-mine:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.Index(g.queue, mine)
	if i < 0 {
		return true // served at the last moment
	}
	g.queue = slices.Delete(g.queue, i, i+1)
	g.queued.Add(-1)
	return false
}

// full is the answer to a call of command that got no place.
func (g *gate) full(command string) error {
	places := g.room.places.Load()
	of := command
	if g.command == otherCommands {
		of = "unlisted commands such as " + command
	}
	err := fmt.Errorf("plugin %s has %d callbacks of %s under way, which is its limit (plugins.%[1]s.max_in_flight)", g.room.plugin, places, of)
	return &sdk.Fault{Kind: sdk.KindOverloaded, Err: err}
}
