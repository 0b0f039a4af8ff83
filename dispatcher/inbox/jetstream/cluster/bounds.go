package cluster

import (
	"context"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// Bounds returns the sequences of the first and the last message of the log, and its
// size; first is last+1 where it is empty.
func (c *Cluster) Bounds(ctx context.Context) (first, last uint64, bytes int64, err error) {
	info, err := c.info(ctx, c.names.logStream())
	if err != nil {
		return 0, 0, 0, err
	}
	return firstOf(info.State), info.State.LastSeq, int64(info.State.Bytes), nil //nolint:gosec // no disk has as much
}

func firstOf(s jetstream.StreamState) uint64 {
	if s.Msgs == 0 {
		return s.LastSeq + 1
	}
	return s.FirstSeq
}

// info asks for a stream, and keeps who leads the log.
func (c *Cluster) info(ctx context.Context, name string) (*jetstream.StreamInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	stream, err := c.js.Stream(ctx, name)
	if err != nil {
		return nil, c.api("look at the stream "+name, err)
	}
	info := stream.CachedInfo()
	if name == c.names.logStream() {
		c.state.leads(info.Cluster)
	}
	return info, nil
}

// Purge lets go of the log up to and including a mark. Whoever follows from before it
// has a gap then.
func (c *Cluster) Purge(ctx context.Context, upTo uint64) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return c.api("purge the log", c.log.Purge(ctx, jetstream.WithPurgeSequence(upTo+1)))
}

// deliverPrefix begins the names of the consumers that hand entries out.
const deliverPrefix = "deliver-"

// Floors returns up to where every consumer that hands the log out is done with it; all
// is false where there is no such consumer.
func (c *Cluster) Floors(ctx context.Context) (lowest uint64, all bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	_, last, _, err := c.Bounds(ctx)
	if err != nil {
		return 0, false, err
	}
	list := c.log.ListConsumers(ctx)
	for info := range list.Info() {
		if !strings.HasPrefix(info.Name, deliverPrefix) {
			continue
		}
		floor := info.AckFloor.Stream
		if info.NumPending == 0 && info.NumAckPending == 0 { // what it was not given does not hold it
			floor = max(floor, last)
		}
		if !all || floor < lowest {
			lowest, all = floor, true
		}
	}
	if err := list.Err(); err != nil {
		return 0, false, c.api("look at the consumers of the log", err)
	}
	return lowest, all, nil
}
