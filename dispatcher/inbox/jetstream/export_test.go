package jetstream

import (
	"context"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// Log is what the room needs of a cluster.
type Log = log

// OpenOn opens a store on another log than a cluster's, and what hands out there.
func OpenOn(ctx context.Context, l Log, hands store.Handout, o Options) (*Store, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	return open(ctx, l, func(*Store) store.Handout { return hands }, o)
}

// SeedOn seeds another log than a cluster's.
func SeedOn(ctx context.Context, l Log, o Options, file string) error {
	if err := o.complete(); err != nil {
		return err
	}
	return seed(ctx, l, o, file, nil)
}

// Snapshot takes a snapshot and lets go of what is before it, whether or not one is due.
func (s *Store) Snapshot(ctx context.Context) error {
	mark, err := s.snapshot(ctx)
	if err != nil {
		return err
	}
	return s.purge(ctx, look{first: 1, snapshot: mark, most: 1 << 40})
}

var _ store.Leaver = (*Store)(nil)

// Cut ends the connection to the cluster as a kill would.
func (s *Store) Cut() error { return s.log.Close() }
