package cluster

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Cluster is a connection to the cluster that keeps the log. It is safe for concurrent
// use, and finds its way back by itself for as long as it is not closed.
type Cluster struct {
	options Options
	names   names
	nc      *nats.Conn
	js      jetstream.JetStream
	bulk    jetstream.JetStream // for snapshots: few messages on the way at once
	state   *state

	log, batons, snapshots jetstream.Stream // nil where it is missing, and we but look
	missing                []string
	logID                  string
	met                    sync.Map // the plugins whose consumers were there, see doubtWhereAnew
}

// Each request has this long for its answer.
const patience = 5 * time.Second

// Connect finds the cluster, checks that it keeps what it is given, and makes the
// streams that are missing, unless it is to look only. What it fails with is one of this package's errors and
// names the key of the configuration.
func Connect(ctx context.Context, o Options) (*Cluster, error) {
	o, err := o.checked()
	if err != nil {
		return nil, err
	}
	c := &Cluster{options: o, names: names{o.Prefix}, state: newState(o.Logger)}
	if c.nc, err = dial(ctx, o, c.state); err != nil {
		return nil, err
	}
	if err := c.begin(ctx); err != nil {
		c.nc.Close()
		return nil, err
	}
	return c, nil
}

func (c *Cluster) begin(ctx context.Context) error {
	var err error
	if c.js, err = jetstream.New(c.nc, jetstream.WithDefaultTimeout(patience)); err != nil {
		return fmt.Errorf("speak to JetStream: %w", err)
	}
	if c.bulk, err = jetstream.New(c.nc, jetstream.WithPublishAsyncMaxPending(2*snapshotAhead), jetstream.WithPublishAsyncTimeout(2*patience)); err != nil {
		return fmt.Errorf("speak to JetStream: %w", err)
	}
	if err := c.checkVersions(ctx); err != nil {
		return err
	}
	if err := c.checkJetStream(ctx); err != nil {
		return err
	}
	if err := c.shape(ctx); err != nil {
		return err
	}
	if c.log == nil {
		return nil
	}
	info := c.log.CachedInfo()
	c.logID = info.Config.Metadata[metaID]
	c.state.leads(info.Cluster)
	return nil
}

// Missing are the streams that a look has not found, and that a gateway would make.
func (c *Cluster) Missing() []string { return c.missing }

// LogID names the log: a log that was made anew has another. What is known of the one
// is no use with the other.
func (c *Cluster) LogID() string { return c.logID }

// Status says how the connection is, without asking anybody.
func (c *Cluster) Status() Status { return c.state.status(c.nc) }

// Close ends the connection. Nothing may be under way but Follow, which then ends.
func (c *Cluster) Close() error {
	c.nc.Close()
	return nil
}
