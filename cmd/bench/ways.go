package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/switchhook/switchhook/internal/chatter"
)

// way is how an event is made durable.
type way struct {
	name string
	runs []sample
	// cpu is what all its processes have used so far, in seconds, and the nodes of them.
	cpu func() (all, nodes float64, err error)
	// begin makes ready for a round: load then appends for a while, and end returns when
	// nothing is left to do.
	begin func(ctx context.Context) (load func(context.Context, time.Duration) (loaded, error), end func() error, err error)
}

// measureWay takes one round. What the processes used until nothing is left counts.
func measureWay(ctx context.Context, w *way, length time.Duration) (err error) {
	load, end, err := w.begin(ctx)
	if err != nil {
		return err
	}
	if _, err := load(ctx, length/4); err != nil {
		return errors.Join(err, end())
	}
	before, nodesBefore, err := w.cpu()
	if err != nil {
		return errors.Join(err, end())
	}
	done, err := load(ctx, length)
	if err := errors.Join(err, end()); err != nil {
		return err
	}
	after, nodes, err := w.cpu()
	if err != nil {
		return err
	}
	hundred := float64(done.requests) / 100_000 // thousand
	w.runs = append(w.runs, sample{
		perSecond: float64(done.requests) / done.took.Seconds(), p99: done.p99,
		cpu: (after - before) / hundred, nodes: (nodes - nodesBefore) / hundred,
	})
	return nil
}

// put returns once the event is durable.
type put func(ctx context.Context, e kept) error

// kept is an event as a way keeps it.
type kept struct {
	id   string
	data []byte
}

// ids makes every event of a run another one.
var ids atomic.Uint64 //nolint:gochecknoglobals // of one process

// bodies are taken by turns, so that those of one commit are different ones.
var bodies = sync.OnceValue(func() []chatter.Body { return chatter.New(1).Take(1 << 14) }) //nolint:gochecknoglobals // of one process

// newKept is about what the inbox keeps of the next callback.
func newKept() kept {
	n := ids.Add(1)
	noise := sha256.Sum256(binary.AppendUvarint(nil, n))
	body := bodies()[n%uint64(len(bodies()))]
	e := kept{id: fmt.Sprintf("01990000-%x-7%x-9%x-%x", noise[:2], noise[2:4], noise[4:6], noise[6:12])}
	key := "1400000001/" + body.Command + "/" + base64.RawURLEncoding.EncodeToString(noise[12:28])
	for _, field := range []string{e.id, key, body.Command, "1400000001", "203.0.113." + strconv.Itoa(int(noise[28])), "RESTAPI", "bench", string(body.JSON)} {
		e.data = append(binary.AppendUvarint(e.data, uint64(len(field))), field...)
	}
	return e
}

// load has the callers append for a while.
func (put put) load(ctx context.Context, length time.Duration) (loaded, error) {
	_ = bodies() // before the clock runs
	var (
		all      sync.WaitGroup
		mu       sync.Mutex
		tally    latencies
		failures []error
	)
	began := time.Now()
	until := began.Add(length)
	for range crowd {
		all.Go(func() {
			var own latencies
			var err error
			for time.Now().Before(until) && err == nil {
				at := time.Now()
				err = put(ctx, newKept())
				own.note(time.Since(at))
			}
			mu.Lock()
			defer mu.Unlock()
			tally.add(own)
			if err != nil {
				failures = append(failures, err)
			}
		})
	}
	all.Wait()
	return loaded{requests: int64(tally.total), took: time.Since(began), p99: tally.p99()}, errors.Join(failures...)
}
