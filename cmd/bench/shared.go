package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// The rows of whole gateways, which have [crowd] connections together. What they accept, bodies
// as the streams' rows have them, is delivered meanwhile.
const (
	rowOwn    = "a gateway, its own inbox"
	rowAlone  = "a gateway, its inbox on the cluster"
	rowShared = "two gateways, one inbox on the cluster"
)

// sharing is gateways that are a row together.
type sharing struct {
	*bench

	gateways []row
	admins   []string
}

// startGateways starts a gateway with an inbox of its own, and two that share one.
func (c *cluster) startGateways(ctx context.Context) error {
	b := c.bench
	if err := b.build(ctx); err != nil {
		return err
	}
	var urls []string
	for _, n := range c.nodes {
		urls = append(urls, `"nats://`+n.client+`"`)
	}
	shared := func(prefix string) string {
		return "inbox: {store: jetstream, max_bytes: 1GiB, nats: {servers: [" + strings.Join(urls, ", ") + "], prefix: " + prefix + "}}\n"
	}
	for _, r := range []struct {
		name, inbox string
		gateways    int
	}{{rowOwn, "", 1}, {rowAlone, shared("alone"), 1}, {rowShared, shared("shared"), 2}} {
		s := &sharing{bench: b}
		for i := range r.gateways {
			if err := s.start(ctx, fmt.Sprintf("%s-%d", keeping, len(b.rows)), r.inbox, fmt.Sprintf("%s %d", r.name, i+1)); err != nil {
				return err
			}
		}
		c.ways = append(c.ways, way{name: r.name, cpu: c.whole(s), begin: s.begin})
	}
	return nil
}

// start starts one more gateway of the row.
func (s *sharing) start(ctx context.Context, data, inbox, name string) error {
	addr, err := freeAddr(ctx)
	if err != nil {
		return err
	}
	admin, err := freeAddr(ctx)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("listen: %q\nsign_window: 1h\nadmin: {listen: %q}\ndata_dir: %s\nplugin_dir: %s\napps: {%q: {tokens: [%s]}}\n%s",
		addr, admin, data, keeping, keepingApp, benchToken, inbox)
	file := filepath.Join(s.dir, data+".yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	s.request = newRequest(keepingApp, command)
	if err := s.launch(ctx, name, addr, filepath.Join(s.dir, "switchhook"), "serve", "--config", file); err != nil {
		return err
	}
	s.rows[len(s.rows)-1].varied = true
	s.gateways, s.admins = append(s.gateways, s.rows[len(s.rows)-1]), append(s.admins, admin)
	return nil
}

func (s *sharing) begin(ctx context.Context) (load func(context.Context, time.Duration) (loaded, error), end func() error, err error) {
	return s.load, func() error { return s.rest(ctx) }, nil
}

// load keeps all connections busy, an equal part at each gateway.
func (s *sharing) load(ctx context.Context, length time.Duration) (loaded, error) {
	var (
		all    sync.WaitGroup
		mu     sync.Mutex
		sum    loaded
		failed error
	)
	for _, g := range s.gateways {
		all.Go(func() {
			g.connections = crowd / len(s.gateways)
			done, err := s.loadBySelf(ctx, &g, length)
			mu.Lock()
			defer mu.Unlock()
			sum.requests += done.requests
			sum.took, sum.p99 = max(sum.took, done.took), max(sum.p99, done.p99)
			failed = errors.Join(failed, err)
		})
	}
	all.Wait()
	return sum, failed
}

// rest waits until all is delivered, or the next row would pay for it.
func (s *sharing) rest(ctx context.Context) error {
	for _, admin := range s.admins {
		s.keepingAdmin = admin
		if err := s.drained(ctx); err != nil {
			return err
		}
	}
	return nil
}

// whole is what the gateways of a row have used so far, with their plugins, and the nodes.
func (c *cluster) whole(s *sharing) func() (all, nodes float64, err error) {
	return func() (all, nodes float64, err error) {
		all, nodes, err = c.cpu()
		for _, g := range s.gateways {
			used, failed := cpuSeconds(g.root)
			all, err = all+used, errors.Join(err, failed)
		}
		return all, nodes, err
	}
}
