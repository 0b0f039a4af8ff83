package live

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// FleetOptions are what a Fleet is made of.
type FleetOptions struct {
	// Bin is where Build has put the programs, Deploy the root of deploy/.
	Bin, Deploy string
	// Servers are the addresses of a NATS cluster of three nodes.
	Servers []string
	// Gateways is how many there are.
	Gateways int
}

// Fleet is gateways that share an inbox on a NATS cluster, with all that watches them.
type Fleet struct {
	Watch

	Gateways []*Gateway

	dir    string
	serial atomic.Int64
}

// LogBytes bounds the log of a Fleet. It is small, so that it is filled.
const LogBytes = 4 << 20

// sharing is the file of a gateway of a Fleet.
const sharing = `
listen: 127.0.0.1:0
admin: {listen: 127.0.0.1:0}
tls: {cert: cert.pem, key: key.pem}
data_dir: data
plugin_dir: plugins
max_body: 256KiB
apps:
  %q: {name: shop, tokens: ["${file:token}"]}
inbox:
  store: jetstream
  max_bytes: %d
  nats: {servers: [%s]}
`

// StartFleet starts the programs. An error leaves nothing running.
func StartFleet(ctx context.Context, o FleetOptions) (*Fleet, error) {
	if err := needed(); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "sh") // short: a socket's path has a limit
	if err != nil {
		return nil, fmt.Errorf("make directory: %w", err)
	}
	f := &Fleet{dir: dir}
	if err := f.start(ctx, o); err != nil {
		return nil, errors.Join(err, f.Close()) //nolint:contextcheck // what was started ends, whatever ctx says
	}
	return f, nil
}

func (f *Fleet) start(ctx context.Context, o FleetOptions) (err error) {
	config := fmt.Sprintf(sharing, app, LogBytes, `"`+strings.Join(o.Servers, `", "`)+`"`)
	for i := range o.Gateways {
		g, err := newGateway(filepath.Join(f.dir, "gw"+strconv.Itoa(i)), o.Bin, config, map[string]string{"mailer": bad(o.Bin, "driven", mailed)})
		if err != nil {
			return err
		}
		f.Gateways = append(f.Gateways, g)
		if err := g.start(ctx); err != nil {
			return err
		}
	}
	f.Watch, err = startWatch(ctx, f.dir, o.Deploy, f.Gateways...)
	return err
}

// Stream sends events to every gateway until stop is called, which returns what went
// wrong. That an event is refused is nothing wrong.
func (f *Fleet) Stream(ctx context.Context) (stop func() error) {
	ctx, cancel := context.WithCancel(ctx)
	var group sync.WaitGroup
	faults := make([]error, len(f.Gateways))
	for i, g := range f.Gateways {
		group.Go(func() {
			tick := time.NewTicker(4 * pace)
			defer tick.Stop()
			for faults[i] == nil {
				select {
				case <-tick.C:
				case <-ctx.Done():
					return
				}
				if _, err := f.store(context.WithoutCancel(ctx), g, ""); err != nil {
					faults[i] = err
				}
			}
		})
	}
	return func() error {
		cancel()
		group.Wait()
		return errors.Join(faults...)
	}
}

// store sends an event to a gateway, and reports whether it was accepted.
func (f *Fleet) store(ctx context.Context, g *Gateway, padding string) (bool, error) {
	event := message(mailed, "", f.serial.Add(1))
	event.body = strings.TrimSuffix(event.body, "}") + fmt.Sprintf(`,"Padding":%q}`, padding)
	got, err := g.send(ctx, event)
	return got.ok(), err
}

// Close ends everything and removes what it wrote.
func (f *Fleet) Close() error {
	faults := f.unwatch()
	for _, g := range f.Gateways {
		faults = append(faults, g.close())
	}
	return errors.Join(append(faults, os.RemoveAll(f.dir))...)
}
