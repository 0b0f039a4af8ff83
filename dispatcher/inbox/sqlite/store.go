package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"modernc.org/sqlite"

	"github.com/switchhook/switchhook/dispatcher/durable"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// fileName is the database's; SQLite keeps its log beside it.
const fileName = "inbox.db"

var _ store.Store = (*Store)(nil)

var errClosed = errors.New("the inbox is closed")

// Store is an open inbox. It is safe for concurrent use.
type Store struct {
	ctx     context.Context //nolint:containedctx // for what a later failure makes necessary
	options Options
	path    string
	loss    *store.Loss
	unclean bool
	ledger  *ledger
	recent  recent

	readers *sql.DB
	reads   statements
	reading chan struct{} // holds one for each question under way

	mu        sync.Mutex // held by whoever writes, for as long as the disk takes
	session   *session   // nil after a failure, until the next write
	trimAfter int64      // no event up to this seq can be trimmed
	logTried  int64      // the log's size when it was last tried to begin it anew
	healed    bool       // the damage that a change may stumble over has been looked for
	disown    bool       // it was a replica once, whose mark ends with the next change

	// Changed by who holds mu, and read by those who must not wait for a disk.
	size   atomic.Pointer[sizes]
	closed atomic.Bool
	mark   atomic.Uint64
	markID atomic.Pointer[string]
}

// Open opens the inbox in o.Dir, makes it where there is none, and brings an older
// format up to date; a newer one is refused. Before that it examines what an unclean
// stop has left, see [store.Stats]. Where the disk has no room for all that the error is
// a [store.ErrFull]. The caller holds the folder alone.
func Open(ctx context.Context, o Options) (*Store, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("open inbox %s: %w", o.Dir, err)
	}
	o.Dir = dir
	s := &Store{
		ctx: context.WithoutCancel(ctx), options: o, path: filepath.Join(dir, fileName), reading: make(chan struct{}, questions),
	}
	err = s.open(ctx)
	switch {
	case o.Replica:
		err = s.strictly(err)
	case unreadable(err):
		err = s.startAnew(ctx, err)
	}
	if err == nil && !o.Replica {
		s.takeOver(ctx)
	}
	if free := diskFree(dir); err != nil && free >= 0 && free < diskReserve { // SQLite has many words for that
		err = fmt.Errorf("%w; the disk has %d bytes left: %w", err, free, store.ErrFull)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open inbox %s: %w", s.path, err), s.close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) (err error) {
	if _, err := sqlite.Fdatasync(true); err != nil && !errors.Is(err, sqlite.ErrFdatasyncUnavailable) {
		return fmt.Errorf("choose how to sync: %w", err)
	}
	_, err = os.Lstat(s.path + logSuffix) // a clean stop leaves none
	s.unclean = s.unclean || err == nil
	if err := s.examine(ctx); err != nil {
		return fmt.Errorf("examine what is left of the last run: %w", err)
	}
	if err := create(s.path); err != nil {
		return err
	}
	if s.session, err = openSession(ctx, s.path, &s.options); err != nil {
		return err
	}
	if err := s.openTables(ctx); err != nil {
		return err
	}
	if s.ledger, err = s.session.mended(ctx, s); err != nil {
		return err
	}
	size, err := s.session.measure()
	if err != nil {
		return err
	}
	s.size.Store(&size)
	return s.openReaders(ctx)
}

func (s *Store) openReaders(ctx context.Context) (err error) {
	if s.readers, err = openReaders(s.path); err != nil {
		return err
	}
	// A reader that stays keeps the log where it is when a full disk has the writer
	// closed: it could not be made again.
	var one int
	if err := s.readers.QueryRowContext(ctx, "SELECT one FROM totals").Scan(&one); err != nil {
		return fmt.Errorf("open a reader: %w", err)
	}
	// The log is a file of its own: its name has to outlast a power cut as well.
	if err := durable.SyncDir(s.options.Dir); err != nil {
		return fmt.Errorf("make the inbox durable: %w", err)
	}
	if s.options.Replica {
		return s.probeReplica(ctx)
	}
	return nil
}

// create makes an empty file that only this user may read; SQLite gives its log the
// same mode. A file that exists has to be writable.
func create(path string) error {
	dir := filepath.Dir(path)
	if err := makeFolder(dir); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600) //nolint:gosec // the operator's own setting
	if errors.Is(err, fs.ErrExist) {
		return writable(dir, path)
	}
	if err != nil {
		return err //nolint:wrapcheck // it names the path
	}
	if err := errors.Join(f.Close(), durable.SyncDir(dir)); err != nil {
		return fmt.Errorf("make the inbox durable: %w", err)
	}
	return nil
}

// makeFolder makes a folder and those above it that are missing. A power cut leaves a new
// one only where the name has been synced, in the folder above. That one is synced in any
// case: the start that made the folder may have been killed in between.
func makeFolder(dir string) error {
	above := []string{filepath.Dir(dir)}
	for missing := above[0]; ; missing = filepath.Dir(missing) {
		if _, err := os.Lstat(missing); !errors.Is(err, fs.ErrNotExist) || filepath.Dir(missing) == missing {
			break
		}
		above = append(above, filepath.Dir(missing))
	}
	_, err := os.Lstat(dir)
	made := err != nil
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err //nolint:wrapcheck // it names the path
	}
	for _, folder := range above {
		if err := durable.SyncDir(folder); err != nil && made {
			return fmt.Errorf("make the inbox durable: %w", err)
		}
	}
	return nil
}

// Close gives the files back. Nothing may be under way.
func (s *Store) Close() error { return s.giveBack(true) }

// Leave is Close, and the next opening says that the stop was not clean.
func (s *Store) Leave() error { return s.giveBack(false) }

func (s *Store) giveBack(clean bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed.Swap(true) {
		return errClosed
	}
	if clean && s.session != nil {
		_, _ = s.session.exec("DELETE FROM meta WHERE name = 'open'") // a stop without that counts as unclean
	}
	if err := s.close(); err != nil {
		return fmt.Errorf("close inbox %s: %w", s.path, err)
	}
	return nil
}

func (s *Store) close() error {
	var errs []error
	if s.readers != nil { // first: the last connection that closes moves the log into the file
		errs = append(errs, s.reads.close(), s.readers.Close())
	}
	if s.session != nil {
		errs = append(errs, s.session.close())
		s.session = nil
	}
	return errors.Join(errs...)
}

// Stats returns counts and sizes. It waits for no write, since it is asked for when the
// disk does not answer as well.
func (s *Store) Stats(ctx context.Context) (store.Stats, error) {
	stats := store.Stats{MaxBytes: s.options.MaxBytes, DiskFreeBytes: diskFree(s.options.Dir), Unclean: s.unclean, Loss: s.lost()}
	if s.closed.Load() {
		return store.Stats{}, errClosed
	}
	stats.SizeBytes = s.size.Load().used() + s.logOverhang()
	var queues []*queue
	stats.Queues, queues, stats.Events, stats.LastSeq = s.ledger.stats()
	err := s.read(ctx, func(r *reader) error {
		for i := range stats.Queues {
			q := &stats.Queues[i]
			if q.Waiting() == 0 {
				continue
			}
			var err error
			if q.Oldest, err = r.oldest(queues[i]); err != nil && !unreadable(err) {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return store.Stats{}, fmt.Errorf("read what waits longest: %w", err)
	}
	return stats, nil
}

// sinceMicros is now less a span, as it is kept.
func sinceMicros(now time.Time, d time.Duration) int64 { return now.Add(-d).UnixMicro() }
