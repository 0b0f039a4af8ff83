package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite/walfile"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// What SQLite keeps beside the database: the log, and the index over it, which it can
// make again.
const (
	logSuffix   = "-wal"
	indexSuffix = "-shm"
	// suspectFile says why the next start has to check the structure, however long that
	// takes.
	suspectFile = "inbox.suspect"
)

// recovery is what has to happen before the files are opened.
//
// SQLite recovers from every crash by itself, and drops without a word what a damaged
// disk has made unreadable. So the log is looked at first. What is lost is said, the
// files as they were are put aside, and serving goes on with what SQLite makes of
// them; with an empty database where it can make nothing of them, into which what waits
// is taken over as far as it can be read. Nothing here reads a sound database whole, which
// may take minutes: that is what [Store.Check] is for.
type recovery struct {
	dir    string
	logger *slog.Logger
	now    func() time.Time
}

// examine returns what was lost, nil for nothing. An error says that the files cannot
// be read at all; they are as they were.
func examine(ctx context.Context, dir string, logger *slog.Logger, now func() time.Time) (*store.Loss, error) {
	r := recovery{dir: dir, logger: logger, now: now}
	found, err := r.examineLog()
	if err != nil {
		return nil, err
	}
	if found != nil {
		r.putAside(ctx, found)
	}
	broken, err := r.probe(ctx, found != nil)
	if err == nil {
		err = r.trust() // what comes next has been looked at
	}
	if err != nil {
		return nil, err
	}
	if broken == nil {
		return lossOf(found), nil
	}
	// What the log had is gone with the rest: it is one loss.
	if found != nil {
		broken.loss.Commits += found.loss.Commits
		broken.loss.Detail = found.loss.Detail + "; then " + broken.loss.Detail
		broken.aside = found.aside
	}
	if err := r.moveAside(ctx, broken); err != nil {
		return nil, fmt.Errorf("put the damaged files aside: %w", err)
	}
	return lossOf(broken), nil
}

func (s *Store) examine(ctx context.Context) (err error) {
	if s.options.Replica {
		return s.examineReplica()
	}
	s.loss, err = examine(ctx, s.options.Dir, s.options.Logger, s.options.Now)
	return err
}

// startAnew puts a database aside that cannot be opened, and opens an empty one.
func (s *Store) startAnew(ctx context.Context, cause error) error {
	err := s.close() // of a damaged database it may fail
	s.readers = nil
	r := recovery{dir: s.options.Dir, logger: s.options.Logger, now: s.options.Now}
	if moved := r.moveAside(ctx, r.beyondReading(cause)); moved != nil {
		return errors.Join(cause, err, fmt.Errorf("put the damaged files aside: %w", moved))
	}
	return s.open(ctx)
}

// suspect leaves word for the next start that commits stumble over damage that cannot
// be mended while the store is open.
func (s *Store) suspect(err error) {
	if !unreadable(err) {
		return
	}
	name := filepath.Join(s.options.Dir, suspectFile)
	if err := writeFile(name, strings.NewReader(err.Error()+"\n")); err == nil {
		s.options.Logger.ErrorContext(s.ctx, "the inbox is damaged and takes nothing in: the next start puts its files aside",
			"file", s.path, "err", err)
	}
}

func (r recovery) suspected() bool {
	_, err := os.Stat(filepath.Join(r.dir, suspectFile))
	return err == nil
}

func (r recovery) trust() error {
	if err := os.Remove(filepath.Join(r.dir, suspectFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("take note of the check: %w", err)
	}
	return nil
}

// beyondReading is the finding of a database with which nothing can be done.
func (r recovery) beyondReading(cause error) *finding {
	return &finding{loss: store.Loss{
		At:     r.now().UTC(),
		Detail: fmt.Sprintf("%s cannot be read (%v): serving began again with an empty one", fileName, cause),
	}}
}

// finding is damage, before and after it is put aside.
type finding struct {
	loss store.Loss
	// log names the log that was examined, so that a start that fails later does not
	// have the next one report the same again.
	log string
	// aside is the folder; empty where none could be made.
	aside string
	// database is the file in it that serving went on without; empty where it did not.
	database string
}

func lossOf(f *finding) *store.Loss {
	if f == nil {
		return nil
	}
	loss := f.loss
	loss.Aside = f.aside
	return &loss
}

func (r recovery) path(suffix string) string {
	return filepath.Join(r.dir, fileName+suffix)
}

// examineLog reads the log. A clean stop has left none, or an empty one.
func (r recovery) examineLog() (found *finding, err error) {
	f, err := os.OpenFile(r.path(logSuffix), os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // no log, nothing found
	}
	if err != nil {
		return nil, fmt.Errorf("open write-ahead log: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("look at write-ahead log: %w", err)
	}
	if info.Size() == 0 {
		return nil, nil //nolint:nilnil // a clean stop
	}
	// A process that was killed may have written a commit without having synced it.
	// SQLite would take it up and build on it: from here on it must survive.
	if err := f.Sync(); err != nil {
		return nil, fmt.Errorf("sync write-ahead log: %w", err)
	}
	report, err := walfile.Examine(f, info.Size())
	if err != nil {
		return nil, err
	}
	database, err := sizeOf(r.path(""))
	if err != nil {
		return nil, err
	}
	loss := judge(report, database)
	if loss == nil {
		return nil, nil //nolint:nilnil // nothing found
	}
	loss.At = r.now().UTC()
	log, err := logName(f, info.Size())
	return &finding{loss: *loss, log: log}, err
}

// judge says what SQLite will drop of a log.
func judge(report walfile.Report, database int64) *store.Loss {
	switch all := report.Commits + report.Lost; {
	case database == 0 && all > 0:
		// SQLite deletes the log of a database that is empty.
		return &store.Loss{Commits: all, Detail: fmt.Sprintf(
			"%s is missing or empty, and its write-ahead log holds %d commits", fileName, all)}
	case report.Lost == 0:
		return nil
	case report.BrokenHeader:
		return &store.Loss{Commits: report.Lost, Detail: fmt.Sprintf(
			"the header of the write-ahead log is damaged: none of its %d commits can be recovered", all)}
	default:
		return &store.Loss{Commits: report.Lost, Detail: fmt.Sprintf(
			"the write-ahead log is damaged in frame %d of %d: %d of its %d commits can be recovered",
			report.BrokenFrame, report.Frames, report.Commits, all)}
	}
}

// logName tells one log from another.
func logName(f *os.File, size int64) (string, error) {
	head := make([]byte, 32)
	n, err := f.ReadAt(head, 0)
	if n < len(head) && err != nil {
		return "", fmt.Errorf("read write-ahead log: %w", err)
	}
	return fmt.Sprintf("%x-%d", head, size), nil
}

// sizeOf returns 0 for a file that does not exist.
func sizeOf(path string) (int64, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("look at the inbox's files: %w", err)
	}
	return info.Size(), nil
}
