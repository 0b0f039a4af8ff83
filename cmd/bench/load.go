package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/switchhook/switchhook/internal/chatter"
)

// sample is what one row did in one round.
type sample struct {
	perSecond float64
	p99       time.Duration
	cpu       float64 // seconds per 100,000 requests, of all server processes
	nodes     float64 // and of the nodes of a cluster among them
}

// measure loads a row and charges its processes.
func (b *bench) measure(ctx context.Context, r *row) error {
	defer b.disturb(ctx, r)()
	if _, err := b.load(ctx, r, b.options.length/4); err != nil { // connections, heaps and caches
		return err
	}
	before, err := cpuSeconds(r.root)
	if err != nil {
		return err
	}
	done, err := b.load(ctx, r, b.options.length)
	if err != nil {
		return err
	}
	after, err := cpuSeconds(r.root)
	if err != nil {
		return err
	}
	r.runs = append(r.runs, sample{
		perSecond: float64(done.requests) / done.took.Seconds(), p99: done.p99,
		cpu: (after - before) / float64(done.requests) * 100_000,
	})
	if r.name == rowDurable { // what waits would be delivered at the cost of the next row
		return b.drained(ctx)
	}
	return nil
}

// loaded is what a load generator saw.
type loaded struct {
	requests int64
	took     time.Duration
	p99      time.Duration
}

// load keeps the row's connections busy for a while: with wrk where it is installed,
// since it takes the least from the servers, else with one goroutine each.
func (b *bench) load(ctx context.Context, r *row, length time.Duration) (loaded, error) {
	if wrk, err := exec.LookPath("wrk"); err == nil {
		return b.loadByWrk(ctx, wrk, r, length)
	}
	return b.loadBySelf(ctx, r, length)
}

func (b *bench) loadByWrk(ctx context.Context, wrk string, r *row, length time.Duration) (loaded, error) {
	script := filepath.Join(b.dir, "post.lua")
	lua := fmt.Sprintf("wrk.method = %q\nwrk.body = %q\nwrk.headers[%q] = %q\n", "POST", r.request.body, "Content-Type", "application/json")
	if err := os.WriteFile(script, []byte(lua), 0o600); err != nil {
		return loaded{}, fmt.Errorf("write %s: %w", script, err)
	}
	seconds := strconv.Itoa(max(1, int(length.Seconds())))
	cmd := exec.CommandContext(ctx, wrk, "-t1", "-c", strconv.Itoa(r.connections), "-d", seconds+"s", "--latency", "-s", script, "http://"+r.addr+r.request.target) //nolint:gosec // found on the PATH of whoever measures
	out, err := cmd.CombinedOutput()
	if err != nil {
		return loaded{}, fmt.Errorf("wrk: %w\n%s", err, out)
	}
	return parseWrk(string(out))
}

var (
	wrkDone = regexp.MustCompile(`(\d+) requests in ([\d.]+\w+),`)
	wrkP99  = regexp.MustCompile(`99%\s+([\d.]+\w+)`)
)

func parseWrk(out string) (loaded, error) {
	if strings.Contains(out, "Non-2xx") || strings.Contains(out, "Socket errors") {
		return loaded{}, fmt.Errorf("not every request was answered:\n%s", out)
	}
	done, p99 := wrkDone.FindStringSubmatch(out), wrkP99.FindStringSubmatch(out)
	if done == nil || p99 == nil {
		return loaded{}, fmt.Errorf("wrk printed something else:\n%s", out)
	}
	n, err := strconv.ParseInt(done[1], 10, 64)
	took, errTook := time.ParseDuration(done[2])
	late, errLate := time.ParseDuration(p99[1])
	return loaded{requests: n, took: took, p99: late}, errors.Join(err, errTook, errLate)
}

// loadBySelf stops by its deadline whatever the server does.
func (b *bench) loadBySelf(ctx context.Context, r *row, length time.Duration) (loaded, error) {
	var (
		all      sync.WaitGroup
		requests atomic.Int64
		mu       sync.Mutex
		tally    latencies
		failures []error
	)
	began := time.Now()
	until := began.Add(length)
	for range r.connections {
		all.Go(func() {
			own, err := r.keepBusy(ctx, until)
			mu.Lock()
			defer mu.Unlock()
			requests.Add(int64(own.total))
			tally.add(own)
			if err != nil {
				failures = append(failures, err)
			}
		})
	}
	all.Wait()
	return loaded{requests: requests.Load(), took: time.Since(began), p99: tally.p99()}, errors.Join(failures...)
}

// keepBusy sends one request after another on one connection.
func (r *row) keepBusy(ctx context.Context, until time.Time) (latencies, error) {
	var own latencies
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", r.addr)
	if err != nil {
		return own, fmt.Errorf("dial: %w", err)
	}
	defer conn.Close() //nolint:errcheck // the load is over
	if err := conn.SetDeadline(until.Add(5 * time.Second)); err != nil {
		return own, fmt.Errorf("set deadline: %w", err)
	}
	in, next := bufio.NewReader(conn), r.requests()
	for time.Now().Before(until) {
		raw := next()
		began := time.Now()
		if err := r.request.exchange(conn, in, raw); err != nil {
			return own, err
		}
		own.note(time.Since(began))
	}
	return own, nil
}

// requests returns what makes a connection's next request: the same, or each with
// another body.
func (r *row) requests() func() []byte {
	if !r.varied {
		raw := r.request.bytes(r.addr)
		return func() []byte { return raw }
	}
	source, targets := chatter.New(ids.Add(1)), map[string]string{}
	for _, command := range chatter.Commands() {
		targets[command] = newRequest(keepingApp, command).target
	}
	return func() []byte {
		body := source.Next()
		return request{target: targets[body.Command], body: string(body.JSON)}.bytes(r.addr)
	}
}

// latencies counts requests by their duration, in steps of 50 µs up to 0.5 s.
type latencies struct {
	steps [10_000]int
	total int
}

const latencyStep = 50 * time.Microsecond

func (l *latencies) note(d time.Duration) {
	l.steps[min(int(d/latencyStep), len(l.steps)-1)]++
	l.total++
}

func (l *latencies) add(other latencies) {
	for i, n := range other.steps {
		l.steps[i] += n
	}
	l.total += other.total
}

func (l *latencies) p99() time.Duration {
	rest := l.total / 100
	for i := len(l.steps) - 1; i >= 0; i-- {
		if rest -= l.steps[i]; rest < 0 {
			return time.Duration(i+1) * latencyStep
		}
	}
	return 0
}
