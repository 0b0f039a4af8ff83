package chaos_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

// costs are what misbehaviours did to the latency of the other commands. They are
// told and never judged: they are as much the machine's as the gateway's.
type costs struct {
	mu   sync.Mutex
	runs map[string][]cost
}

// cost is what one round came to.
type cost struct {
	ledger       ledger
	quiet, chaos time.Duration // p99
}

func (c cost) ratio() float64 { return float64(c.chaos) / float64(max(c.quiet, 1)) }

// note takes over a load that has been stopped.
func (c *costs) note(name string, l *load) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.runs == nil {
		c.runs = make(map[string][]cost)
	}
	c.runs[name] = append(c.runs[name], cost{l.ledger, p99(l.quiet), p99(l.chaos)})
}

// String is a table of the medians.
func (c *costs) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var b strings.Builder
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprint(table, "told to\trounds\tsent\tfailed\tsecond attempts\tquiet\tchaos\tratio\t\n")
	for _, name := range slices.Sorted(maps.Keys(c.runs)) {
		runs := c.runs[name]
		var all ledger
		for _, r := range runs {
			all.add(r.ledger)
		}
		_, _ = fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%v\t%v\t%.2f\t\n", name, len(runs), all.sent, all.failed(), all.second,
			median(runs, func(c cost) time.Duration { return c.quiet }).Round(10*time.Microsecond),
			median(runs, func(c cost) time.Duration { return c.chaos }).Round(10*time.Microsecond), median(runs, cost.ratio))
	}
	_ = table.Flush() // into memory
	return b.String()
}

func median[T float64 | time.Duration](runs []cost, of func(cost) T) T {
	values := make([]T, len(runs))
	for i, r := range runs {
		values[i] = of(r)
	}
	slices.Sort(values)
	return values[len(values)/2]
}
