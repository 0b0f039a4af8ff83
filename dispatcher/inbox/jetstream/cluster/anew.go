package cluster

import (
	"context"
	"strconv"

	"github.com/nats-io/nats.go/jetstream"
)

// metaDoubt is, of a consumer that was made anew, where the log ended then.
const metaDoubt = "doubt"

// doubtWhereAnew is what the plugin's consumer is to bear if it is made now. One that this
// gateway has met before was deleted then, or was lost with the nodes that had it in memory:
// all that it has handed out, and that still waits, is handed out again, as if for the first
// time. So that gateways that come later know it too, the consumer says so itself.
func (c *Cluster) doubtWhereAnew(ctx context.Context, plugin string) (map[string]string, error) {
	if _, met := c.met.Load(plugin); !met {
		return nil, nil //nolint:nilnil // there is nothing to say
	}
	_, last, _, err := c.Bounds(ctx)
	if err != nil {
		return nil, err
	}
	return map[string]string{metaDoubt: strconv.FormatUint(last, 10)}, nil
}

// doubtOf is up to where of the log there is a doubt; 0 for nowhere.
func doubtOf(consumer jetstream.ConsumerConfig) uint64 {
	place, _ := strconv.ParseUint(consumer.Metadata[metaDoubt], 10, 64)
	return place
}
