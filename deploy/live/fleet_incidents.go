package live

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// FillLog sends large events until the log takes more than that share of its bound, as
// every gateway sees it. What they hold cannot be made smaller.
func (f *Fleet) FillLog(ctx context.Context, share float64) error {
	body := make([]byte, 90<<10)
	for {
		full := true
		for _, g := range f.Gateways {
			samples, err := g.Samples(ctx)
			if err != nil {
				return err
			}
			full = full && samples["switchhook_inbox_cluster_log_bytes"] > share*LogBytes
		}
		if full {
			return nil
		}
		_, _ = rand.Read(body) // it never fails
		accepted, err := f.store(ctx, f.Gateways[0], base64.StdEncoding.EncodeToString(body))
		if err == nil && !accepted {
			err = errors.New("an event is refused before it is full")
		}
		if err != nil {
			return fmt.Errorf("fill the log: %w", err)
		}
	}
}

// Keeper waits until one of the gateways looks after the inbox, and returns it and one that
// does not.
func (f *Fleet) Keeper(ctx context.Context) (keeper, other *Gateway, err error) {
	err = f.prometheus.await(ctx, "a gateway is keeper", func() bool {
		keeper, other = nil, nil
		for _, g := range f.Gateways {
			samples, err := g.Samples(ctx)
			switch {
			case err != nil:
				return false
			case samples["switchhook_inbox_keeper"] == 1:
				keeper = g
			default:
				other = g
			}
		}
		return keeper != nil && other != nil
	})
	return keeper, other, err
}

// HoldView keeps the gateway's view of a shared inbox from being written, as somebody does
// who has opened its file with another program and is in the middle of a change, until
// release is called.
func (g *Gateway) HoldView(ctx context.Context) (release func() error, err error) {
	paths, err := filepath.Glob(filepath.Join(g.dir, "data", "inbox-view", "*", "*", "inbox.db-shm"))
	if err != nil || len(paths) != 1 {
		return nil, fmt.Errorf("the view is one of %v: %w", paths, err)
	}
	file, err := os.OpenFile(paths[0], os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("hold the view: %w", err)
	}
	// Whoever writes to a file of SQLite's in WAL mode has locked this byte:
	// https://sqlite.org/walformat.html#the_wal_index_file_format
	writer := syscall.Flock_t{Type: syscall.F_WRLCK, Start: 120, Len: 1}
	err = g.process.await(ctx, "the view can be locked", func() bool {
		return syscall.FcntlFlock(file.Fd(), syscall.F_SETLK, &writer) == nil
	})
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file.Close, nil
}
