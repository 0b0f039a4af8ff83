package pluginhost

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"
)

const (
	// watchEvery is the time between two looks at the files.
	watchEvery = time.Second
	// restLooks looks in a row have to find the same before a change counts: what is
	// being copied grows from one to the next.
	restLooks = 2
	// goneLooks is the same where a file is gone: it is mostly about to be replaced,
	// and nothing is lost by serving a little longer.
	goneLooks = 6
)

// watcher notices that the files that plugins run from were changed, added or
// removed, and have come to rest. It looks instead of being told, because networks,
// bind mounts and swapped symbolic links tell nobody; see decision 0017.
type watcher struct {
	every time.Duration
	log   *slog.Logger

	mu    sync.Mutex
	dir   string
	paths []string
	seen  look // what was taken up; nil before the first time
	last  look // what the look before found
	rest  int  // looks in a row that found last
	busy  bool // it was said that a file is being written
}

// Changed waits until files that plugins run from differ from those that Start or
// Apply saw last, and from those of the call before, and have come to rest, and
// returns their paths. Hidden files do not count, nor do those that are still being
// written; a plugin directory that cannot be read has not changed. A program that a
// reload then refuses is not reported again until it changes again.
//
// One goroutine calls it at a time. The error is the end of ctx or of the host.
func (h *Host) Changed(ctx context.Context) ([]string, error) {
	ctx, cancel := h.untilClosing(ctx)
	defer cancel()
	return h.watcher.changed(ctx)
}

// expect says what has been taken up: the files in dir, as before was taken of them,
// and those at the other paths as they are now. Whoever reads the files takes before
// first, so that no change can fall between the two.
func (w *watcher) expect(dir string, plans []plan, before look) {
	var paths []string
	for _, p := range plans {
		if p.runs() && p.reattach == "" {
			paths = append(paths, p.path)
		}
	}
	now := takeLook("", paths, before)
	maps.Copy(now, before)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dir, w.paths, w.seen, w.last, w.rest = dir, paths, now, nil, 0
}

// glance looks at dir for expect.
func (w *watcher) glance(dir string) look {
	w.mu.Lock()
	seen := w.seen
	w.mu.Unlock()
	return takeLook(dir, nil, seen)
}

func (w *watcher) changed(ctx context.Context) ([]string, error) {
	tick := time.NewTicker(w.every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, fmt.Errorf("watch the plugins' files: %w", context.Cause(ctx))
		}
		if paths := w.look(); len(paths) > 0 {
			return paths, nil
		}
	}
}

// look looks once, and returns what changed and has come to rest.
func (w *watcher) look() []string {
	w.mu.Lock()
	dir, paths, seen := w.dir, w.paths, w.seen
	w.mu.Unlock()
	if seen == nil {
		return nil
	}
	now := takeLook(dir, paths, seen)

	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.last.same(now) {
		w.last, w.rest = now, 0
	}
	w.rest++
	changed, gone := now.differences(w.seen)
	need := restLooks
	if gone {
		need = goneLooks
	}
	if len(changed) == 0 || w.rest < need || w.writing(changed) {
		return nil
	}
	w.seen, w.busy = now, false
	return changed
}

// writing reports whether one of the files is being written, and says so once.
func (w *watcher) writing(paths []string) bool {
	for _, path := range paths {
		if !beingWritten(path) {
			continue
		}
		if !w.busy {
			w.busy = true
			w.log.Info("changed program not taken up yet: a process has it open for writing", "path", path)
		}
		return true
	}
	return false
}
