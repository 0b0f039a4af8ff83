package cluster

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// Bounds returns the sequences of the first and the last message of the log, and its
// size; first is last+1 where it is empty. Without a leader it is unreachable: any replica
// answers then, with what it has, and nothing can be written.
func (c *Cluster) Bounds(ctx context.Context) (first, last uint64, bytes int64, err error) {
	if c.log == nil {
		return 1, 0, 0, nil
	}
	info, err := c.info(ctx, c.names.logStream())
	if err != nil {
		return 0, 0, 0, err
	}
	if led := info.Cluster; led != nil && led.Leader == "" {
		return 0, 0, 0, fmt.Errorf("look at the stream %s: %w: it has no leader: a majority of its servers has to be up", info.Config.Name, ErrUnreachable)
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

// Floors returns up to where the consumers that hand the log out for these plugins are done
// with it; some is false where none of them has one.
func (c *Cluster) Floors(ctx context.Context, plugins ...string) (lowest uint64, some bool, err error) {
	if len(plugins) == 0 {
		return 0, false, nil
	}
	asked, h := map[string]bool{}, c.hands()
	for _, plugin := range plugins {
		asked[h.deliverConsumer(plugin)] = true
	}
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	_, last, _, err := c.Bounds(ctx)
	if err != nil {
		return 0, false, err
	}
	list := c.log.ListConsumers(ctx)
	for info := range list.Info() {
		if !asked[info.Name] {
			continue
		}
		floor := info.AckFloor.Stream
		if info.NumPending == 0 && info.NumAckPending == 0 { // what it was not given does not hold it
			floor = max(floor, last)
		}
		if !some || floor < lowest {
			lowest, some = floor, true
		}
	}
	if err := list.Err(); err != nil {
		return 0, false, c.api("look at the consumers of the log", err)
	}
	return lowest, some, nil
}
