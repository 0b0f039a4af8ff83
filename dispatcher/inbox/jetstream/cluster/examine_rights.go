package cluster

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// right is something that the user has to be permitted, and a request that needs it and
// changes nothing.
type right struct {
	what, subject, body string
	headers             nats.Header
}

// rights are all that a gateway needs: to make streams only where they are missing.
func (c *Cluster) rights() []right {
	n := c.names
	log, batons, snapshots := n.logStream(), n.batonStream(), n.snapshotStream()
	none := nats.Header{jetstream.ExpectedStreamHeader: {"none"}} // so that it is refused by the stream
	id := rand.Text()
	list := []right{
		{"append to the log", n.entry(), "", none},
		{"append results to the log", n.quiet(), "", none},
		{"append parts to the log", n.part(), "", none},
		{"offer copies", n.prefix + ".log.offer." + id, "", none},
		{"take batons", n.prefix + ".baton." + id, "", none},
		{"save snapshots", n.chunks(id), "", none},
		{"list snapshots", n.manifest(), "", none},
		{"ask for the account", "$JS.API.INFO", "", nil},
		{"look at the consumers of the log", "$JS.API.CONSUMER.LIST." + log, `{"offset":0}`, nil},
		{"purge the log", "$JS.API.STREAM.PURGE." + log, `{"filter":"` + n.prefix + `.log.offer.` + id + `"}`, nil},
		{"remove old snapshots", "$JS.API.STREAM.PURGE." + snapshots, `{"filter":"` + n.chunks(id) + `"}`, nil},
		{"look for snapshots", "$JS.API.STREAM.MSG.GET." + snapshots, `{"last_by_subj":"` + n.chunks(id) + `"}`, nil},
	}
	for _, stream := range []string{log, batons, snapshots} {
		list = append(
			list,
			right{"look at " + stream, "$JS.API.STREAM.INFO." + stream, "", nil},
			right{"look at consumers of " + stream, "$JS.API.CONSUMER.INFO." + stream + "." + id, "", nil},
			right{"make consumers of " + stream, "$JS.API.CONSUMER.CREATE." + stream + "." + id, "{}", nil}, // of no stream: refused
			right{"remove consumers of " + stream, "$JS.API.CONSUMER.DELETE." + stream + "." + id, "", nil},
			right{"read from consumers of " + stream, "$JS.API.CONSUMER.MSG.NEXT." + stream + "." + id, "", nil},
			right{"acknowledge to consumers of " + stream, "$JS.ACK." + stream + "." + id + ".1.1.1.1.0", "", nil},
		)
	}
	for _, stream := range c.missing {
		list = append(list, right{"make " + stream, "$JS.API.STREAM.CREATE." + stream, "{}", nil}) // without a name: refused
	}
	return list
}

// examineRights tries each of them. A server says of what it denies before it answers
// the ping that follows.
func (c *Cluster) examineRights(ctx context.Context, r *Report) {
	list := c.rights()
	denied := 0
	for _, right := range list {
		ctx, cancel := context.WithTimeout(ctx, patience)
		err := c.try(ctx, right)
		cancel()
		if err != nil {
			denied++
			r.add("permissions", Failed, "to %s: %s: %v", right.what, right.subject, err)
		}
	}
	if denied == 0 {
		r.add("permissions", OK, "the user may do all that a gateway needs, on %d subjects", len(list))
	}
}

func (c *Cluster) try(ctx context.Context, right right) error {
	m := nats.NewMsg(right.subject)
	m.Reply, m.Data = c.nc.NewRespInbox(), []byte(right.body)
	if right.headers != nil {
		m.Header = right.headers
	}
	if err := c.nc.PublishMsg(m); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	if err := c.nc.FlushWithContext(ctx); err != nil {
		return fmt.Errorf("wait for the server: %w", err)
	}
	if err := c.nc.LastError(); err != nil && strings.Contains(err.Error(), `"`+right.subject+`"`) {
		return err //nolint:wrapcheck // it says all
	}
	return nil
}
