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
	cpu  func() (float64, error)
	open func(ctx context.Context) (put put, end func() error, err error)
}

// put returns once the event is durable.
type put func(ctx context.Context, e kept) error

// kept is an event as a way keeps it.
type kept struct {
	id   string
	data []byte
}

// measureWay opens a way anew, since what a stream holds already is no part of it.
func measureWay(ctx context.Context, w *way, length time.Duration) (err error) {
	put, end, err := w.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	if _, err := keepAppending(ctx, put, length/4); err != nil {
		return err
	}
	before, err := w.cpu()
	if err != nil {
		return err
	}
	done, err := keepAppending(ctx, put, length)
	if err != nil {
		return err
	}
	after, err := w.cpu()
	if err != nil {
		return err
	}
	w.runs = append(w.runs, sample{
		perSecond: float64(done.requests) / done.took.Seconds(), p99: done.p99,
		cpu: (after - before) / float64(done.requests) * 100_000,
	})
	return nil
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

// keepAppending has the callers append for a while.
func keepAppending(ctx context.Context, put put, length time.Duration) (loaded, error) {
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
