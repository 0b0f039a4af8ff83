package jetstream

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// leftView is a view of a log of the same name that is not the one in use: the cluster has
// lost its streams, or is another one. Nobody delivers what waits in it.
type leftView struct {
	dir string // which `switchhook inbox move` takes
	at  time.Time
	// waiting and dead count its unfinished copies.
	waiting, dead int64
}

// lookForLeft finds the views of other logs, and speaks of what is unfinished in them. They
// are left alone.
func (s *Store) lookForLeft(ctx context.Context) error {
	folders, err := os.ReadDir(s.options.Dir) // not by a pattern: the path may have what is special in one
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look for views of other logs: %w", err)
	}
	for _, folder := range folders {
		// What another prefix begins with this one has a dash behind it, and an id has none.
		id, ours := strings.CutPrefix(folder.Name(), s.options.Cluster.Prefix+"-")
		other := filepath.Join(s.options.Dir, folder.Name())
		if !ours || !folder.IsDir() || strings.Contains(id, "-") || other == s.folder() {
			continue
		}
		numbers, err := numbersIn(other)
		if err != nil {
			s.options.Logger.WarnContext(ctx, "the view of another log cannot be read, and is left alone", "folder", other, "err", err)
			continue
		}
		for _, n := range slices.Backward(numbers) {
			dir := numberedIn(other, n)
			if _, err := os.Stat(filepath.Join(dir, viewFile)); err == nil {
				s.noteLeft(ctx, dir)
				break
			}
		}
	}
	return nil
}

// noteLeft takes note of a view that is left.
func (s *Store) noteLeft(ctx context.Context, dir string) {
	if whole, err := filepath.Abs(dir); err == nil {
		dir = whole
	}
	left := leftView{dir: dir, at: time.Now()}
	err := s.countLeft(ctx, &left)
	switch {
	case err != nil:
		s.options.Logger.WarnContext(ctx, "the view of another log cannot be read, and is left alone", "folder", dir, "err", err)
	case left.waiting+left.dead == 0:
		s.options.Logger.InfoContext(ctx, "there is a view of another log, in which nothing waits: it may be removed", "folder", dir)
	default:
		s.left = append(s.left, left)
	}
}

func (s *Store) countLeft(ctx context.Context, left *leftView) (err error) {
	v, err := s.openView(ctx, left.dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.leave()) }()
	stats, err := v.Stats(ctx)
	if err != nil {
		return fmt.Errorf("count what waits: %w", err)
	}
	for _, q := range stats.Queues {
		left.waiting += q.Waiting()
		left.dead += q.Dead
	}
	return nil
}

// missing is what was accepted and is not in the inbox, until somebody moves the folder that
// has it away, as `switchhook inbox move` does; nil for nothing.
func (s *Store) missing() *store.Loss {
	for _, left := range s.left {
		if _, err := os.Stat(left.dir); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		return &store.Loss{
			At: left.at, Left: left.waiting + left.dead, Aside: left.dir,
			Detail: fmt.Sprintf("this gateway has a view of another log, which has %d waiting and %d dead copies that nobody delivers", left.waiting, left.dead),
		}
	}
	return nil
}
