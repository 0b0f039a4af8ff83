package cluster

import (
	"context"
	"fmt"
)

// Report is what was found of a cluster, in the order in which it is best read.
type Report []Finding

// Finding is one fact.
type Finding struct {
	// Check is what was looked at.
	Check string
	State State
	// Text is what was found, and what to do where it is not well.
	Text string
}

// State is how a finding is.
type State string

// The states of a finding.
const (
	OK State = "ok"
	// Warning: it works, and may fail where it need not.
	Warning State = "warning"
	// Failed: what was accepted may be lost, or is not accepted.
	Failed State = "failed"
	// Unknown: the servers do not show it to us.
	Unknown State = "unknown"
)

func (r *Report) add(check string, state State, format string, args ...any) {
	*r = append(*r, Finding{check, state, fmt.Sprintf(format, args...)})
}

// Examine looks at everything that the promise stands on, and says what it cannot see.
// It asks every server, and writes nothing that stays. An error is ctx's.
func (c *Cluster) Examine(ctx context.Context) (Report, error) {
	var r Report
	peers := c.peers(ctx)
	told, err := c.gather(ctx, "$SYS.REQ.SERVER.PING.JSZ")
	if err != nil {
		told = nil
	}
	c.examineServers(&r, peers)
	c.examineSync(&r, peers, told)
	c.examineStreams(ctx, &r)
	c.examineMaking(ctx, &r, peers, told)
	c.examineRoom(ctx, &r)
	c.examineRights(ctx, &r)
	return r, ctx.Err() //nolint:wrapcheck // the caller's own
}

// ExamineServers looks at each server that the options name, for whoever cannot Connect
// to the cluster: which of them are up.
func ExamineServers(ctx context.Context, o Options) Report {
	var r Report
	if o, err := o.checked(); err == nil {
		c := &Cluster{options: o}
		c.examineServers(&r, c.peersOf(ctx, o.Servers))
	}
	return r
}
