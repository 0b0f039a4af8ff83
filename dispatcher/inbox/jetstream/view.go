package jetstream

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"

	"github.com/switchhook/switchhook/dispatcher/durable"
	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

const (
	// viewFile is the view's, in a folder whose name is a number. The highest is in use.
	viewFile = "inbox.db"
	// unfinished is at the end of a folder's name that is still being filled.
	unfinished = ".part"
)

var errClosed = errors.New("the inbox is closed")

// view is a replica and its folder. It outlives its replacement for as long as somebody
// uses it.
type view struct {
	*sqlite.Store
	dir  string
	uses sync.WaitGroup
}

// views has the view in use.
type views struct {
	mu      sync.RWMutex
	current *view
}

// use returns the view in use, for as long as done has not been called.
func (vs *views) use() (v *view, done func(), err error) {
	vs.mu.RLock()
	defer vs.mu.RUnlock()
	if vs.current == nil {
		return nil, nil, errClosed
	}
	v = vs.current
	v.uses.Add(1)
	return v, v.uses.Done, nil
}

// replace puts next, or nothing, in the view's place, and returns the old one. It may be in
// use for a while.
func (vs *views) replace(next *view) (old *view) {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	old, vs.current = vs.current, next
	return old
}

// ask asks the view in use.
func ask[T any](s *Store, question func(v *view) (T, error)) (answer T, err error) {
	v, done, err := s.views.use()
	if err != nil {
		return answer, err
	}
	defer done()
	if answer, err = question(v); errors.Is(err, sqlite.ErrUnreadable) {
		s.spoilt(v)
	}
	return answer, err
}

// folder is where the views of this log lie. Another cluster's, or one that was made anew,
// has a folder of its own: what is known of the one is no use with the other.
func (s *Store) folder() string {
	return filepath.Join(s.options.Dir, url.PathEscape(s.options.Cluster.Prefix+"-"+s.log.LogID()))
}

// found opens the latest view that there is; nil where there is none that can be read.
// Older ones, and what was never finished, are removed.
func (s *Store) found(ctx context.Context) (*view, error) {
	if err := s.sweep(); err != nil {
		return nil, err
	}
	numbers, err := s.numbers()
	if err != nil {
		return nil, err
	}
	var v *view
	for _, n := range slices.Backward(numbers) {
		dir := s.numbered(n)
		if v == nil {
			if v, err = s.openView(ctx, dir); err == nil {
				continue
			}
			if !errors.Is(err, sqlite.ErrUnreadable) {
				return nil, err
			}
			s.options.Logger.WarnContext(ctx, "the view of the inbox cannot be read, and is made anew: nothing is lost", "folder", dir, "err", err)
		}
		if err := os.RemoveAll(dir); err != nil {
			return nil, errors.Join(fmt.Errorf("remove an old view: %w", err), v.close())
		}
	}
	return v, nil
}

// sweep removes what was never finished.
func (s *Store) sweep() error {
	parts, err := filepath.Glob(filepath.Join(s.folder(), "*"+unfinished))
	for _, part := range parts {
		err = errors.Join(err, os.RemoveAll(part))
	}
	if err != nil {
		return fmt.Errorf("remove what is unfinished of the view: %w", err)
	}
	return nil
}

// numbers lists the views' folders, in order.
func (s *Store) numbers() ([]uint64, error) { return numbersIn(s.folder()) }

func numbersIn(folder string) (all []uint64, err error) {
	names, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("look for the view: %w", err)
	}
	for _, name := range names {
		if n, err := strconv.ParseUint(name.Name(), 10, 64); err == nil {
			all = append(all, n)
		}
	}
	slices.Sort(all)
	return all, nil
}

func (s *Store) numbered(n uint64) string { return numberedIn(s.folder(), n) }

func numberedIn(folder string, n uint64) string {
	return filepath.Join(folder, strconv.FormatUint(n, 10))
}

func (s *Store) openView(ctx context.Context, dir string) (*view, error) {
	o := &s.options
	replica, err := sqlite.Open(ctx, sqlite.Options{
		Dir: dir, MaxBytes: o.MaxBytes, DuplicateWindow: o.DuplicateWindow, Logger: o.Logger, Now: o.Now, Version: o.Version, Replica: true,
	})
	if err != nil {
		return nil, fmt.Errorf("open the view: %w", err)
	}
	return &view{Store: replica, dir: dir}, nil
}

// made makes a view anew: of the latest snapshot, or an empty one where there is none. Where
// the disk has no room for it the error is a [store.ErrFull].
func (s *Store) made(ctx context.Context) (*view, error) {
	v, err := s.build(ctx)
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		err = fmt.Errorf("%w: %w", err, store.ErrFull)
	}
	return v, err
}

func (s *Store) build(ctx context.Context) (*view, error) {
	numbers, err := s.numbers()
	if err != nil {
		return nil, err
	}
	next := uint64(1)
	if len(numbers) > 0 {
		next = numbers[len(numbers)-1] + 1
	}
	mark, ok, err := s.log.Latest(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for a snapshot: %w", err)
	}
	dir := s.numbered(next)
	part := dir + unfinished
	if err := os.MkdirAll(part, 0o700); err != nil {
		return nil, fmt.Errorf("make the view's folder: %w", err)
	}
	if ok {
		s.options.Logger.InfoContext(ctx, "the view of the inbox begins with a snapshot", "mark", mark)
		if err := s.log.Load(ctx, mark, filepath.Join(part, viewFile), s.progress(ctx, "loading the snapshot")); err != nil {
			return nil, errors.Join(fmt.Errorf("load snapshot %d: %w", mark, err), os.RemoveAll(part))
		}
	}
	if err := os.Rename(part, dir); err != nil {
		return nil, fmt.Errorf("name the view's folder: %w", err)
	}
	if err := durable.SyncDir(s.folder()); err != nil {
		return nil, fmt.Errorf("name the view's folder: %w", err)
	}
	return s.openView(ctx, dir)
}

// close gives the files back once nobody uses them; those of no view are none.
func (v *view) close() error {
	if v == nil {
		return nil
	}
	v.uses.Wait()
	if err := v.Close(); err != nil {
		return fmt.Errorf("close the view: %w", err)
	}
	return nil
}

// leave is close, and the next opening says that the stop was not clean.
func (v *view) leave() error {
	if v == nil {
		return nil
	}
	v.uses.Wait()
	if err := v.Leave(); err != nil {
		return fmt.Errorf("leave the view: %w", err)
	}
	return nil
}
