package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/switchhook/switchhook/dispatcher/config"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// Both stand in the data dir: the events that wait, where this gateway alone has them, and
// its view of those that gateways share, which can be made anew.
const (
	inboxDir = "inbox"
	viewDir  = "inbox-view"
)

// openStore opens what the configuration has keep the events.
func (a *App) openStore(ctx context.Context, f *config.File) (store.Store, error) { //nolint:ireturn // it is one or the other
	if !f.Inbox.Shared() {
		dir := filepath.Join(f.DataDir, inboxDir)
		s, err := sqlite.Open(ctx, sqlite.Options{
			Dir: dir, MaxBytes: int64(f.Inbox.MaxBytes), DuplicateWindow: f.Inbox.DuplicateWindow, Logger: a.log, Version: a.options.Version,
		})
		if err != nil {
			return nil, fmt.Errorf("open the inbox in %s: %w", absolute(dir), err)
		}
		return s, nil
	}
	s, err := jetstream.Open(ctx, a.sharedOptions(f))
	if err != nil {
		return nil, err
	}
	return s, nil
}

// sharedOptions are those of the inbox that gateways share.
func (a *App) sharedOptions(f *config.File) jetstream.Options {
	return jetstream.Options{
		Cluster: clusterOptions(f), Dir: filepath.Join(f.DataDir, viewDir), MaxBytes: int64(f.Inbox.MaxBytes),
		DuplicateWindow: f.Inbox.DuplicateWindow, Version: a.options.Version, Logger: a.log, Registerer: a.registry,
	}
}

// clusterOptions are how the configuration has the cluster reached.
func clusterOptions(f *config.File) cluster.Options {
	n := f.Inbox.NATS
	o := cluster.Options{
		Creds: n.Creds, NKey: n.NKey, TLS: cluster.TLS{CA: n.TLS.CA, Cert: n.TLS.Cert, Key: n.TLS.Key},
		Prefix: n.Prefix, Replicas: n.Replicas, MaxBytes: int64(f.Inbox.MaxBytes), Name: "switchhook",
	}
	for _, s := range n.Servers {
		o.Servers = append(o.Servers, s.Reveal())
	}
	if host, err := os.Hostname(); err == nil {
		o.Name += " on " + host
	}
	return o
}

// passing reports whether an inbox that cannot be opened may be opened later, by waiting
// alone: the disk is full, or the cluster is away or comes too fast.
func passing(err error) bool {
	return errors.Is(err, store.ErrFull) || errors.Is(err, cluster.ErrUnreachable) || errors.Is(err, jetstream.ErrBehind)
}

// hopeless makes an error of opening the inbox one about the configuration where nothing
// that anybody waits for would change it.
func hopeless(f *config.File, err error) error {
	if !f.Inbox.Shared() {
		return unusable(f, err)
	}
	for _, cause := range []error{
		cluster.ErrConfig, cluster.ErrTLS, cluster.ErrDenied, cluster.ErrTooOld, cluster.ErrNoJetStream, cluster.ErrShape, cluster.ErrNewer,
	} {
		if errors.Is(err, cause) {
			return config.Problems{{File: cmp.Or(f.Path, "the command line"), Key: "inbox.nats", Message: err.Error()}}
		}
	}
	return unusable(f, err)
}
