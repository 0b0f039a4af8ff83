package cluster

import (
	"context"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// examineMissing says of a stream that it is not there, which is as it should be before the
// first gateway has started.
func (c *Cluster) examineMissing(r *Report, wanted jetstream.StreamConfig) {
	if len(c.missing) < len(c.streams()) {
		r.add("stream "+wanted.Name, Warning, "it is missing, and others of the three are there: somebody has deleted it, "+
			"and the next gateway that starts makes it anew, with nothing in it")
		return
	}
	r.add("stream "+wanted.Name, OK, "it is not there yet: the first gateway that starts makes it, with replicas: %d", wanted.Replicas)
}

// examineMaking looks whether the streams that are missing could be made, without trying:
// what is certain in it is told as failed.
func (c *Cluster) examineMaking(ctx context.Context, r *Report, peers []peer, told []serverInfo) {
	if len(c.missing) == 0 {
		return
	}
	c.examineReplicas(r, peers)
	c.examineAccount(ctx, r)
	if c.log == nil {
		c.examineStores(r, told)
	}
}

func (c *Cluster) examineReplicas(r *Report, peers []peer) {
	const check = "replicas"
	able, want := map[string]bool{}, c.options.Replicas
	for _, p := range peers {
		if p.err == nil && p.jetstream && !tooOld(p.version) {
			able[p.name] = true
		}
	}
	switch n := len(able); {
	case n < want:
		r.add(check, Failed, "inbox.nats.replicas is %d, and JetStream answers on %d: connect as many servers to a cluster, or set 1 for a trial", want, n)
	case want < 3:
		r.add(check, Warning, "there is to be one: the loss of its disk loses everything: set inbox.nats.replicas to 3 before anything is kept")
	default:
		r.add(check, OK, "inbox.nats.replicas is %d, and JetStream answers on %d", want, n)
	}
}

// examineAccount looks whether the account's limits leave room for what is missing. Where
// they are by number of replicas, they count a stream's bytes once.
func (c *Cluster) examineAccount(ctx context.Context, r *Report) {
	const check = "limits of the account"
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	a, err := c.js.AccountInfo(ctx)
	if err != nil {
		return // which the room in the account is unknown for
	}
	tier, each := a.Tier, int64(c.options.Replicas)
	if len(a.Tiers) > 0 {
		var there bool
		if tier, there = a.Tiers[fmt.Sprintf("R%d", c.options.Replicas)]; !there {
			r.add(check, Failed, "it has none for streams with replicas: %d: raise them", c.options.Replicas)
			return
		}
		each = 1
	}
	limits, well := tier.Limits, true
	fail := func(format string, args ...any) {
		well = false
		r.add(check, Failed, format, args...)
	}
	if need := c.options.MaxBytes * each; c.log == nil && limits.MaxStore > 0 && need > limits.MaxStore-int64(tier.ReservedStore) { //nolint:gosec // no disk has as much
		fail("the log reserves %d bytes of storage (inbox.max_bytes), and of %d there are %d reserved already: raise the limit, or lower inbox.max_bytes",
			need, limits.MaxStore, tier.ReservedStore)
	}
	if limits.MaxStreams > 0 && tier.Streams+len(c.missing) > limits.MaxStreams {
		fail("%d streams are still to be made, and it has %d of at most %d: raise the limit", len(c.missing), tier.Streams, limits.MaxStreams)
	}
	if limits.MaxBytesRequired {
		fail("it wants every stream bounded (max_bytes_required), which snapshots cannot be: lift it for this account")
	}
	if well {
		r.add(check, OK, "they leave room for the streams that are still to be made")
	}
}

// examineStores looks whether enough servers may store as much as the log reserves.
func (c *Cluster) examineStores(r *Report, told []serverInfo) {
	const check = "storage of the servers"
	var names, short []string
	for _, s := range told {
		if !s.Server.JetStream {
			continue
		}
		names = append(names, s.Server.Name)
		if free := s.Data.Config.MaxStore - max(s.Data.Store, s.Data.ReservedStore); free < c.options.MaxBytes {
			short = append(short, s.Server.Name)
		}
	}
	switch enough := len(names) - len(short); {
	case len(names) == 0:
		r.add(check, Unknown, "the servers show it to the system account alone: the log reserves %d bytes (inbox.max_bytes) of max_file_store on each of %d servers",
			c.options.MaxBytes, c.options.Replicas)
	case enough < c.options.Replicas && len(short) > 0:
		r.add(check, Failed, "the log reserves %d bytes (inbox.max_bytes) on each of %d servers, and there is not as much left on %s: "+
			"raise max_file_store there, or lower inbox.max_bytes", c.options.MaxBytes, c.options.Replicas, strings.Join(short, ", "))
	case enough < c.options.Replicas: // which is said of the replicas
	default:
		r.add(check, OK, "%d bytes for the log are left on %d servers", c.options.MaxBytes, enough)
	}
}
