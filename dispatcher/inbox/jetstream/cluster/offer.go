package cluster

import (
	"context"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
)

// One offer's bounds: its events, so that several gateways share many, and the bytes of the
// header that lists them.
const (
	offerEvents = 256
	offerBytes  = 12 << 10
)

// Offer has events handed out to whoever delivers for the plugin. A view must have applied
// the entry after to see them as they are. Doubt says that somebody may have had them in
// hand before. Some of it may be done where it fails.
func (c *Cluster) Offer(ctx context.Context, plugin string, seqs []uint64, after uint64, doubt bool) error {
	h := c.hands()
	for len(seqs) > 0 {
		var list []byte
		n := 0
		for n < len(seqs) && n < offerEvents && len(list) < offerBytes {
			if n > 0 {
				list = append(list, ',')
			}
			list = strconv.AppendUint(list, seqs[n], 10)
			n++
		}
		m := nats.NewMsg(h.offerSubject(plugin))
		m.Header.Set(headerOffer, string(list))
		m.Header.Set(headerAfter, strconv.FormatUint(after, 10))
		if doubt {
			m.Header.Set(headerDoubt, "1")
		}
		if _, err := h.js.PublishMsg(ctx, m); err != nil {
			return fmt.Errorf("offer %d events to plugin %s: %w", len(seqs), plugin, err)
		}
		seqs = seqs[n:]
	}
	return nil
}
