package cluster

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go/jetstream"
)

// End returns the mark of the latest entry; 0 where there is none in the log. Behind it
// there may be what was offered, which [Cluster.Bounds] counts as well.
func (c *Cluster) End(ctx context.Context) (mark uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, subject := range []string{c.names.entry(), c.names.quiet()} {
		m, err := c.log.GetLastMsgForSubject(ctx, subject)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			return 0, c.api("look for the end of the log", err)
		}
		mark = max(mark, m.Sequence)
	}
	return mark, nil
}
