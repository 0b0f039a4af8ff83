package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// gates are the ratios of requests/s that the project promises itself, at 64
// connections.
func gates() []gate {
	return []gate{{rowStream, rowUnary, 1.7}, {rowStream, rowNginx, 0.60}}
}

// gate is the least that one row's requests/s may be of another's.
type gate struct {
	row, of string
	least   float64
}

// print writes the medians and the ratios, as docs/benchmarks.md shows them.
func (b *bench) print(w io.Writer) error {
	medians := make(map[string]sample)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintf(table, "%d connections, median of %d\trequests/s\tp99\tCPU s per 100k\t\n", b.options.connections, b.options.rounds)
	for _, r := range b.rows {
		m := sample{
			perSecond: median(r.runs, func(s sample) float64 { return s.perSecond }),
			p99:       median(r.runs, func(s sample) time.Duration { return s.p99 }),
			cpu:       median(r.runs, func(s sample) float64 { return s.cpu }),
		}
		medians[r.name] = m
		_, _ = fmt.Fprintf(table, "%s\t%.0f\t%v\t%.2f\t\n", r.name, m.perSecond, m.p99.Round(10*time.Microsecond), m.cpu)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	printNeighbour(w, medians)
	b.backlog.print(w)
	return b.judge(w, medians)
}

// judge prints the ratios, and with -gate fails on one that is too low, or on a backlog
// that took too much memory.
func (b *bench) judge(w io.Writer, medians map[string]sample) error {
	var low []string
	for _, g := range gates() {
		peer, measured := medians[g.of]
		if !measured {
			continue
		}
		ratio := medians[g.row].perSecond / peer.perSecond
		_, _ = fmt.Fprintf(w, "%s / %s: %.2f (at least %.2f)\n", g.row, g.of, ratio, g.least)
		if ratio < g.least {
			low = append(low, fmt.Sprintf("%s is %.2f of %s, less than %.2f", g.row, ratio, g.of, g.least))
		}
	}
	low = append(low, judgeDurable(w, medians)...)
	low = append(low, b.backlog.judge()...)
	if b.options.gate && len(low) > 0 {
		return errors.New(strings.Join(low, "; "))
	}
	return nil
}

func median[T cmp.Ordered](runs []sample, of func(sample) T) T {
	values := make([]T, len(runs))
	for i, r := range runs {
		values[i] = of(r)
	}
	slices.Sort(values)
	return values[len(values)/2]
}
