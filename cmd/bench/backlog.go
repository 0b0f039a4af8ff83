package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// backlog is what became of events that had to wait for their plugin.
type backlog struct {
	events         int
	filled, caught time.Duration // until all were accepted, and then until all were done
	before         int64         // the gateway's memory, in bytes: before the first,
	filling        int64         // at the most while they came,
	draining       int64         // and at the most while they were delivered
}

// drain lets events wait for a plugin that is disabled, lets it in, and watches the
// gateway's memory all the while.
func (b *bench) drain(ctx context.Context) error {
	n := b.options.backlog
	if n == 0 {
		return nil
	}
	r := &b.rows[len(b.rows)-1]
	fmt.Fprintf(os.Stderr, "%d events wait for their plugin\n", n)
	if err := b.tell(ctx, "plugin", "disable", "bench"); err != nil {
		return err
	}
	log := &b.backlog
	var err error
	if log.before, err = residentBytes(r.root); err != nil {
		return err
	}
	began := time.Now()
	if err := r.send(ctx, n, func() error { return highWater(&log.filling, r.root) }); err != nil {
		return err
	}
	log.filled = time.Since(began)
	if log.events, err = b.waiting(ctx); err != nil {
		return err
	}
	if log.events < n {
		return fmt.Errorf("%d events were accepted and %d wait", n, log.events)
	}
	if err := b.tell(ctx, "plugin", "enable", "bench"); err != nil {
		return err
	}
	began = time.Now()
	err = b.drained(ctx, func(int) error { return highWater(&log.draining, r.root) })
	log.caught = time.Since(began)
	return err
}

// send sends so many requests over the row's connections, and looks now and then.
func (r *row) send(ctx context.Context, n int, look func() error) error {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	var (
		left     atomic.Int64
		senders  sync.WaitGroup
		mu       sync.Mutex
		failures []error
	)
	left.Store(int64(n))
	fail := func(err error) {
		mu.Lock()
		defer mu.Unlock()
		failures = append(failures, err)
	}
	for range r.connections {
		senders.Go(func() {
			if err := r.share(ctx, &left); err != nil {
				fail(err)
			}
		})
	}
	done := make(chan struct{})
	go func() {
		senders.Wait()
		close(done)
	}()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return errors.Join(failures...)
		case <-tick.C:
			if err := look(); err != nil {
				cancel()
				fail(err)
			}
		}
	}
}

// share sends one request after another on one connection while any are left.
func (r *row) share(ctx context.Context, left *atomic.Int64) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", r.addr)
	if err != nil {
		return fmt.Errorf("dial: %w", err)
	}
	defer conn.Close() //nolint:errcheck // all is sent
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) })()
	in, raw := bufio.NewReader(conn), r.request.bytes(r.addr)
	for left.Add(-1) >= 0 {
		if err := r.request.exchange(conn, in, raw); err != nil {
			return err
		}
	}
	return nil
}

// highWater raises most to the memory that a process has now.
func highWater(most *int64, pid int) error {
	now, err := residentBytes(pid)
	*most = max(*most, now)
	return err
}

// residentBytes is the memory of one process that is in RAM, from /proc; 0 where
// there is none.
func residentBytes(pid int) (int64, error) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the gateway's memory: %w", err)
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0, nil
	}
	kib, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read the gateway's memory: %w", err)
	}
	return kib << 10, nil
}

// print writes a line about the backlog.
func (l backlog) print(w io.Writer) {
	if l.events == 0 {
		return
	}
	const mib = 1 << 20
	_, _ = fmt.Fprintf(w, "backlog of %d events: accepted at %.0f/s, delivered at %.0f/s; the gateway had %d MiB before, %d MiB at the most while they came, %d MiB while they were delivered\n",
		l.events, float64(l.events)/l.filled.Seconds(), float64(l.events)/l.caught.Seconds(), l.before/mib, l.filling/mib, l.draining/mib)
}

// bound is what a backlog may add to the gateway's memory: the default of inbox.memory.
const bound = 64 << 20

// judge returns what the backlog has taken too much of. Without /proc nothing is known.
func (l backlog) judge() (high []string) {
	if grown := max(l.filling, l.draining) - l.before; l.before > 0 && grown > bound {
		high = append(high, fmt.Sprintf("a backlog of %d events took %d MiB of memory, more than %d", l.events, grown>>20, bound>>20))
	}
	return high
}
