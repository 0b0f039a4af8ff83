package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/switchhook/switchhook/sdk/imevent/samples"
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

// newKept is about what the inbox keeps of a callback.
func newKept(body []byte) kept {
	e := kept{id: fmt.Sprintf("01990000-0000-7000-8000-%012d", ids.Add(1))}
	for _, field := range []string{e.id, "1400000001/Sns/" + e.id, command, "1400000001", "203.0.113.7", "RESTAPI", "bench", string(body)} {
		e.data = append(binary.AppendUvarint(e.data, uint64(len(field))), field...)
	}
	return e
}

// load has the callers append for a while.
func (put put) load(ctx context.Context, length time.Duration) (loaded, error) {
	body, _ := samples.Request(command)
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
				err = put(ctx, newKept(body))
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
