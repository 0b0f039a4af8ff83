package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"
	sqlitelib "modernc.org/sqlite/lib"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// diskReserve is what appends leave of the disk, so that the results of deliveries can
// still be written down when it is nearly full.
const diskReserve = 2 << 20

// sizes is how large the file is, in pages.
type sizes struct{ pages, free, pageSize int64 }

func (z sizes) used() int64 { return (z.pages - z.free) * z.pageSize }

// above reports whether a limit is reached; 0 is none.
func (z sizes) above(limit int64) bool { return limit > 0 && z.used() >= limit }

func (w *session) measure() (z sizes, err error) {
	for pragma, n := range map[string]*int64{
		"PRAGMA page_count": &z.pages, "PRAGMA freelist_count": &z.free,
	} {
		if err := w.get(pragma, nil, n); err != nil {
			return sizes{}, fmt.Errorf("measure: %w", err)
		}
	}
	z.pageSize = pageSize
	return z, nil
}

// Room says whether there is room for a batch: its error is a [store.ErrFull] where
// [Store.Commit] would refuse it for its size. Unless the disk is nearly full it waits for
// no write.
func (s *Store) Room(b *store.Batch) error {
	if len(b.Appends)+len(b.Requeues) == 0 {
		return nil
	}
	n := payload(b)
	if err := s.within(n); err != nil {
		return err
	}
	if _, enough := s.diskLeaves(n); enough {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.room(n)
}

// within says whether so many bytes more keep to the limit.
func (s *Store) within(payload int64) error {
	if limit, used := s.options.MaxBytes, s.size.Load().used()+s.logOverhang(); limit > 0 && used+payload > limit {
		return fmt.Errorf("the inbox holds %d of at most %d bytes, which leaves none for %d more (inbox.max_bytes): %w",
			used, limit, payload, store.ErrFull)
	}
	return nil
}

// room says whether there is room for so many bytes more. The caller holds s.mu.
func (s *Store) room(payload int64) error {
	if err := s.within(payload); err != nil {
		return err
	}
	free, enough := s.diskLeaves(payload)
	if !enough && s.shrinkLog() {
		free, enough = s.diskLeaves(payload)
	}
	if !enough {
		return fmt.Errorf("the disk below %s has %d bytes left: %w", s.options.Dir, free, store.ErrFull)
	}
	return nil
}

// diskLeaves reports whether the disk has room for so many bytes more, and beyond that
// for results, and for the pages of the log that the file has to grow by.
func (s *Store) diskLeaves(payload int64) (free int64, enough bool) {
	size := s.size.Load()
	grow := max(0, size.pages*size.pageSize-fileSize(s.path))
	free = diskFree(s.options.Dir)
	return free, free < 0 || free >= diskReserve+grow+payload
}

// shrinkLog moves the log into the file and cuts it off, which frees what it takes of
// the disk. It reports whether there was anything to free.
func (s *Store) shrinkLog() bool {
	if fileSize(s.path+"-wal") < diskReserve/2 {
		return false
	}
	w, err := s.writer()
	if err != nil {
		return false
	}
	var busy, log, moved int64
	if err := w.get("PRAGMA wal_checkpoint(TRUNCATE)", nil, &busy, &log, &moved); err != nil {
		_ = s.fail(w, err)
		return false
	}
	return busy == 0
}

// restartWait is how long commits are held up for readers to let go of the log.
const restartWait = 50 * time.Millisecond

// restartLog begins the log anew where it has outgrown its size. By itself SQLite does
// that only at a moment when nobody reads, which may never come. It waits for those who
// read now, those who come meanwhile read the file alone; with one who reads for long, the
// log has to grow on.
func (s *Store) restartLog(w *session) {
	size := fileSize(s.path + logSuffix)
	if size < 2*s.options.logBytes() {
		s.logTried = 0
		return
	}
	if size < s.logTried+s.options.logBytes() {
		return
	}
	s.logTried = size
	var busy, log, moved, set int64
	_ = w.get(fmt.Sprintf("PRAGMA busy_timeout = %d", restartWait.Milliseconds()), nil, &set)
	err := w.get("PRAGMA wal_checkpoint(RESTART)", nil, &busy, &log, &moved)
	_ = w.get(fmt.Sprintf("PRAGMA busy_timeout = %d", busyTimeout.Milliseconds()), nil, &set)
	if err != nil {
		s.options.Logger.ErrorContext(s.ctx, "the inbox's log cannot be moved into its file: it grows on, and nothing is lost; see to the disk",
			"file", s.path, "log_bytes", size, "err", s.explained(err))
	}
}

// logOverhang is what the log takes where it has outgrown the size that it is cut back
// to. Below that it is bounded, and the room is used over and over.
func (s *Store) logOverhang() int64 {
	if size, bound := fileSize(s.path+"-wal"), s.options.logBytes(); size > 2*bound {
		return size - bound
	}
	return 0
}

// fileSize is 0 where there is no file.
func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// diskFree is what the file system of a folder has left for this user; -1 where it
// does not say.
func diskFree(dir string) int64 {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return -1
	}
	return int64(fs.Bavail) * int64(fs.Bsize) //nolint:gosec,unconvert // the types differ between systems
}

// writable says in the operator's words what SQLite would call a readonly database.
func writable(paths ...string) error {
	for _, path := range paths {
		if err := unix.Access(path, unix.W_OK); err != nil {
			return &fs.PathError{Op: "write to", Path: path, Err: err}
		}
	}
	return nil
}

// explained adds to an error of SQLite, which keeps the system's word for itself, what the
// system says to a write of our own: that a quota is used up is a full store, and a file
// system that has become read-only is one that somebody has to repair.
func (s *Store) explained(err error) error {
	switch code(err) {
	case sqlitelib.SQLITE_IOERR, sqlitelib.SQLITE_READONLY, sqlitelib.SQLITE_CANTOPEN:
		if said := s.tryWrite(); said != nil {
			err = fmt.Errorf("%w: %w", err, said)
		}
	}
	return fault(err)
}

// tryWrite writes a page where the larger of the files ends, in a file of its own.
func (s *Store) tryWrite() (err error) {
	if err := writable(s.options.Dir, s.path); err != nil {
		return err
	}
	f, err := os.OpenFile(s.path+".trial", os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err //nolint:wrapcheck // it names the path
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	_, err = f.WriteAt(make([]byte, pageSize), max(fileSize(s.path), fileSize(s.path+logSuffix)))
	return errors.Join(err, f.Sync())
}
