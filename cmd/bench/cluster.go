package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// cluster compares ways to make an event durable on a cluster of nats-servers.
type cluster struct {
	options options
	dir     string
	nodes   []node
	conn    *nats.Conn
	js      jetstream.JetStream
	ways    []way
	bench   *bench // of the gateways
}

// compareCluster measures them in turns, and prints medians.
func compareCluster(ctx context.Context, o options) (err error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return fmt.Errorf("make a directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	c := &cluster{options: o, dir: dir, bench: &bench{options: o, dir: dir}}
	defer c.stopNodes()
	if err := c.startNodes(ctx); err != nil {
		return err
	}
	if err := c.connect(ctx); err != nil {
		return err
	}
	c.addStreams()
	defer func() { c.bench.stop() }()
	if err := c.startGateways(ctx); err != nil {
		return err
	}
	for round := range o.rounds {
		for i := range c.ways {
			fmt.Fprintf(os.Stderr, "round %d of %d: %s\n", round+1, o.rounds, c.ways[i].name)
			if err := measureWay(ctx, &c.ways[i], o.length); err != nil {
				return fmt.Errorf("measure %s: %w", c.ways[i].name, err)
			}
		}
	}
	return c.print(os.Stdout)
}

// print writes the medians, and each row beside the first.
func (c *cluster) print(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintf(table, "%d callers, median of %d\tevents/s\tof the first\tp99\tCPU s per 100k\tof the nodes\t\n", crowd, c.options.rounds)
	first := 0.0
	for _, r := range c.ways {
		rate := median(r.runs, func(s sample) float64 { return s.perSecond })
		if first == 0 {
			first = rate
		}
		_, _ = fmt.Fprintf(table, "%s\t%.0f\t%.2f\t%v\t%.2f\t%.2f\t\n", r.name, rate, rate/first,
			median(r.runs, func(s sample) time.Duration { return s.p99 }).Round(10*time.Microsecond),
			median(r.runs, func(s sample) float64 { return s.cpu }), median(r.runs, func(s sample) float64 { return s.nodes }))
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}
