package jetstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// ErrUsed is in the error of a [Seed] of a cluster that has an inbox already.
var ErrUsed = errors.New("the cluster has an inbox already")

// Seed has the inbox on an unused cluster begin with a backup: of an inbox in a file, or of
// one on a cluster. Gateways that start afterwards have all that is in it, and number on from
// it. It must be done before any gateway has started with the cluster; else it is an
// [ErrUsed]. The file is not changed.
func Seed(ctx context.Context, o Options, file string, progress store.Progress) (err error) {
	if err := o.complete(); err != nil {
		return err
	}
	c, err := cluster.Connect(ctx, o.Cluster)
	if err != nil {
		return fmt.Errorf("seed the cluster with %s: %w", file, err)
	}
	return seed(ctx, c, o, file, progress)
}

// seed seeds a log, and closes it.
func seed(ctx context.Context, l log, o Options, file string, progress store.Progress) (err error) {
	defer func() {
		if err = errors.Join(err, l.Close()); err != nil {
			err = fmt.Errorf("seed the cluster with %s: %w", file, err)
		}
	}()
	if err := unused(ctx, l); err != nil {
		return err
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return err //nolint:wrapcheck // it names the path
	}
	dir, err := os.MkdirTemp(o.Dir, "seed-*"+unfinished)
	if err != nil {
		return err //nolint:wrapcheck // it names the path
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	clean, err := unmarked(ctx, o, file, dir)
	if err != nil {
		return err
	}
	if err := l.Save(ctx, 0, clean, progress); err != nil {
		return err
	}
	if _, last, _, err := l.Bounds(ctx); err != nil || last > 0 {
		return errors.Join(err, fmt.Errorf("%w: a gateway started meanwhile, which does not have what is in the file: "+
			"stop all gateways, delete the streams and seed again", ErrUsed))
	}
	return nil
}

// unused is nil where there was never anything in the log.
func unused(ctx context.Context, l log) error {
	_, last, _, err := l.Bounds(ctx)
	if err != nil {
		return err
	}
	mark, ok, err := l.Latest(ctx)
	switch {
	case err != nil:
		return err
	case ok:
		return fmt.Errorf("%w: a snapshot of entry %d", ErrUsed, mark)
	case last > 0:
		return fmt.Errorf("%w: a log of %d entries", ErrUsed, last)
	}
	return nil
}

// unmarked makes of a backup, in dir, one that knows of no log: the entries that it came to
// are those of another. It is opened for that, which brings an older format up to date.
func unmarked(ctx context.Context, o Options, file, dir string) (clean string, err error) {
	if err := copyFile(file, filepath.Join(dir, viewFile)); err != nil {
		return "", err
	}
	s, err := sqlite.Open(ctx, sqlite.Options{
		Dir: dir, DuplicateWindow: o.DuplicateWindow, Logger: o.Logger, Now: o.Now, Version: o.Version, Synchronous: sqlite.Off,
	})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	stats, err := s.Stats(ctx)
	if err != nil {
		return "", err
	}
	if stats.Loss != nil {
		return "", fmt.Errorf("the file is damaged: %s", stats.Loss.Detail)
	}
	if err := s.Commit(ctx, &store.Batch{}); err != nil { // which ends the mark
		return "", err
	}
	clean = filepath.Join(dir, "clean.db")
	return clean, s.Backup(ctx, clean, nil)
}

// copyFile copies a backup into a file that is there for a while.
func copyFile(from, to string) error {
	in, err := os.Open(from) //nolint:gosec // the operator's own
	if err != nil {
		return err //nolint:wrapcheck // it names the path
	}
	defer in.Close()                                                      //nolint:errcheck // it is only read
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // ours
	if err != nil {
		return err //nolint:wrapcheck // it names the path
	}
	n, err := io.Copy(out, in)
	if err == nil && n == 0 {
		err = fmt.Errorf("%s is empty", from)
	}
	return errors.Join(err, out.Close())
}
