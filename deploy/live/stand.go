package live

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Options are what a Stand is made of.
type Options struct {
	// Bin is where Build has put the programs, Deploy the root of deploy/.
	Bin, Deploy string
}

// Stand is a gateway with all that watches it. Its parts may be used from many
// goroutines at once.
type Stand struct {
	Watch

	Gateway *Gateway
	// Mounted says that the gateway's data has a small file system of its own.
	Mounted bool

	dir string
}

// dataBytes is the size of that file system.
const dataBytes = 64 << 20

// Start starts the programs. An error leaves nothing running.
func Start(ctx context.Context, o Options) (*Stand, error) {
	if err := needed(); err != nil {
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
	home := filepath.Join(s.dir, "gw")
	if err := os.MkdirAll(filepath.Join(home, "data"), 0o700); err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	switch err := mount(filepath.Join(home, "data"), dataBytes); {
	case err == nil:
		s.Mounted = true
	case required():
		return err
	}
	if s.Gateway, err = newGateway(home, o.Bin, fmt.Sprintf(config, app), plugins(o.Bin)); err != nil {
		return err
	}
	if err := s.Gateway.start(ctx); err != nil {
		return err
	}
	s.Watch, err = startWatch(ctx, s.dir, o.Deploy, s.Gateway)
	return err
}

// Close ends everything and removes what it wrote.
func (s *Stand) Close() error {
	faults := append(s.unwatch(), s.Gateway.close())
	if s.Mounted {
		data := filepath.Join(s.dir, "gw", "data")
		// A plugin that is just ending keeps it busy for a moment.
		faults = append(faults, Await(context.Background(), "the file system is given back", func() bool { return unmount(data) == nil }))
	}
	return errors.Join(append(faults, os.RemoveAll(s.dir))...)
}
