// Command bench measures the gateway end to end, as `make bench` runs it: real
// processes, the documented request, a signed app, and beside it in the same run
// the peers that the figures are to be read against.
//
// Only the ratios of one run mean anything: the machine, its neighbours and the
// load generator are part of every absolute figure.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

func main() { os.Exit(run()) }

func run() int {
	var o options
	flag.DurationVar(&o.length, "length", 4*time.Second, "how long each row is measured in a round")
	flag.IntVar(&o.rounds, "rounds", 3, "rounds; the rows take turns, and medians are printed")
	flag.IntVar(&o.connections, "connections", 64, "connections that the load keeps busy")
	flag.IntVar(&o.backlog, "backlog", 1_000_000, "events that wait for a plugin before it is let in; 0 leaves that out")
	flag.BoolVar(&o.gate, "gate", false, "fail when a ratio is below what the project promises itself")
	flag.BoolVar(&o.cluster, "cluster", false, "measure the inbox on a cluster of nats-servers, and nothing else")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if flag.NArg() > 1 && flag.Arg(0) == "peer" {
		return exitCode(servePeer(ctx, flag.Args()[1:]))
	}
	if o.cluster {
		return exitCode(compareCluster(ctx, o))
	}
	return exitCode(compare(ctx, o))
}

func exitCode(err error) int {
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, "bench:", err)
	return 1
}

// options are what a comparison is told.
type options struct {
	length      time.Duration
	rounds      int
	connections int
	backlog     int
	gate        bool
	cluster     bool
}

// compare measures all rows that this machine can run, and prints them.
func compare(ctx context.Context, o options) (err error) {
	if o.rounds < 1 || o.connections < 1 || o.length <= 0 || o.backlog < 0 {
		return errors.New("-rounds, -connections and -length must be positive, and -backlog not negative")
	}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return fmt.Errorf("make a directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	b := bench{options: o, dir: dir, request: newRequest(benchApp, command)}
	defer b.stop()
	if err := b.build(ctx); err != nil {
		return err
	}
	if err := b.start(ctx); err != nil {
		return err
	}
	for round := range o.rounds {
		for i := range b.rows {
			fmt.Fprintf(os.Stderr, "round %d of %d: %s\n", round+1, o.rounds, b.rows[i].name)
			if err := b.measure(ctx, &b.rows[i]); err != nil {
				return fmt.Errorf("measure %s: %w", b.rows[i].name, err)
			}
		}
	}
	if err := b.drain(ctx); err != nil {
		return err
	}
	return b.print(os.Stdout)
}
