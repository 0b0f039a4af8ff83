package main

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"
)

const (
	// misuse is the command that the noisy plugin misbehaves on, this often.
	misuse      = "Sns.CallbackFriendAdd"
	misuseEvery = 100 * time.Millisecond

	// bearable is what the project promises of a plugin's p99 beside a noisy one, as
	// a multiple of what it is without.
	bearable = 2.0
)

// disturb has the row's noisy plugin misbehave, where it has one, until the
// returned function is called, which waits for the end of it.
func (b *bench) disturb(ctx context.Context, r *row) (stop func()) {
	if r.name != rowNeighbour {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	request := newRequest(benchApp, misuse)
	var running sync.WaitGroup
	running.Go(func() {
		tick := time.NewTicker(misuseEvery)
		defer tick.Stop()
		for {
			_ = request.try(ctx, r.addr) // it fails, as it should
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	})
	return func() {
		cancel()
		running.Wait()
	}
}

// printNeighbour writes what the noisy plugin costs the other.
func printNeighbour(w io.Writer, medians map[string]sample) {
	ratio := float64(medians[rowNeighbour].p99) / float64(max(medians[rowStream].p99, 1))
	_, _ = fmt.Fprintf(w, "p99 of %s / %s: %.2f (meant to stay within %.2f)\n", rowNeighbour, rowStream, ratio, bearable)
}
