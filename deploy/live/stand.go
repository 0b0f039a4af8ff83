package live

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Options are what a Stand is made of.
type Options struct {
	// Repository is the root of the product's module, Deploy that of deploy/.
	Repository, Deploy string
}

// Stand is a gateway with all that watches it. Its parts may be used from many
// goroutines at once.
type Stand struct {
	Gateway      *Gateway
	Prometheus   Server
	Alertmanager *Alertmanager
	// Mounted says that the gateway's data has a small file system of its own.
	Mounted bool

	dir        string
	prometheus *process
}

// dataBytes is the size of that file system.
const dataBytes = 64 << 20

// Start builds the programs and starts them. An error leaves nothing running.
func Start(ctx context.Context, o Options) (*Stand, error) {
	if err := Need("prometheus", "promtool", "prometheus-alertmanager"); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "sh") // short: a socket's path has a limit
	if err != nil {
		return nil, fmt.Errorf("make directory: %w", err)
	}
	s := &Stand{dir: dir}
	if err := s.start(ctx, o); err != nil {
		return nil, errors.Join(err, s.Close()) //nolint:contextcheck // what was started ends, whatever ctx says
	}
	return s, nil
}

func (s *Stand) start(ctx context.Context, o Options) (err error) {
	bin, home := filepath.Join(s.dir, "bin"), filepath.Join(s.dir, "gw")
	if err := os.MkdirAll(filepath.Join(home, "data"), 0o700); err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	if err := build(ctx, o.Repository, bin); err != nil {
		return err
	}
	switch err := mount(filepath.Join(home, "data"), dataBytes); {
	case err == nil:
		s.Mounted = true
	case required():
		return err
	}
	if s.Gateway, err = newGateway(home, bin); err != nil {
		return err
	}
	if err := s.Gateway.start(ctx); err != nil {
		return err
	}
	if s.Alertmanager, err = startAlertmanager(ctx, filepath.Join(s.dir, "am")); err != nil {
		return err
	}
	rules := filepath.Join(s.dir, "rules.yaml")
	if err := Hasten(filepath.Join(o.Deploy, "prometheus", "rules.yaml"), rules); err != nil {
		return err
	}
	scrape := filepath.Join(o.Deploy, "prometheus", "scrape-2.yaml")
	s.prometheus, s.Prometheus, err = startPrometheus(ctx, filepath.Join(s.dir, "prom"), scrape, rules, s.Gateway.Admin, s.Alertmanager.address)
	return err
}

// Firing waits until an alert fires in Prometheus, of a plugin where one is named.
func (s *Stand) Firing(ctx context.Context, alert, plugin string) error {
	selector := fmt.Sprintf(`ALERTS{alertstate="firing",alertname=%q,plugin=%q}`, alert, plugin)
	return s.prometheus.await(ctx, selector, func() bool {
		found, err := s.Prometheus.Instant(ctx, selector, time.Now())
		return err == nil && len(found) > 0
	})
}

// Close ends everything and removes what it wrote.
func (s *Stand) Close() error {
	faults := []error{s.prometheus.close(), s.Alertmanager.close(), s.Gateway.close()}
	if s.Mounted {
		data := filepath.Join(s.dir, "gw", "data")
		// A plugin that is just ending keeps it busy for a moment.
		faults = append(faults, Await(context.Background(), "the file system is given back", func() bool { return unmount(data) == nil }))
	}
	return errors.Join(append(faults, os.RemoveAll(s.dir))...)
}
