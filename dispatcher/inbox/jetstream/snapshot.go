package jetstream

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

const (
	// keepEvery is how often the keeper looks at the log.
	keepEvery = 20 * time.Second
	// leastLog is how many bytes of entries are worth a snapshot, at least.
	leastLog = 64 << 20
)

// Keep looks after the log for as long as this gateway alone does: it takes snapshots of the
// view, from which others begin, and lets go of the entries before. It returns when held ends.
func (s *Store) Keep(held context.Context) {
	for {
		err := s.KeepOnce(held)
		if err != nil && held.Err() == nil && s.log.Status().Connected { // that it is not was said
			s.options.Logger.WarnContext(held, "the log of the inbox could not be looked after, which is tried again", "err", err)
		}
		for waited := time.Duration(0); waited < keepEvery; waited += lookEvery {
			if !sleep(held, lookEvery) {
				return
			}
			if err == nil && s.gauges.size() > s.options.Cluster.MaxBytes/2 { // it fills quickly
				break
			}
		}
	}
}

// KeepOnce takes a snapshot where one is due, and lets go of the entries that nobody needs.
func (s *Store) KeepOnce(held context.Context) error {
	l, err := s.look(held)
	if err != nil {
		return err
	}
	s.gauges.log(l.bytes)
	s.gauges.snapshot(l.snapshot, time.Time{})
	stats, err := s.Stats(held)
	if err != nil {
		return err
	}
	if mark, _ := s.position.now(); mark > l.snapshot && l.due(stats.SizeBytes) { // a view that is stuck has nothing new
		l.snapshot, err = s.snapshot(held)
		if held.Err() == nil { // whoever holds the baton now tries again
			s.metrics.Saved(err)
		}
		if err != nil {
			return err
		}
		s.gauges.snapshot(l.snapshot, time.Now())
	}
	return s.purge(held, l)
}

// look is what the keeper has found out about the log.
type look struct {
	first, last uint64
	bytes, most int64
	// snapshot is the mark of the latest, 0 for none.
	snapshot uint64
}

func (s *Store) look(ctx context.Context) (l look, err error) {
	l.most = s.options.Cluster.MaxBytes
	if l.first, l.last, l.bytes, err = s.log.Bounds(ctx); err != nil {
		return l, fmt.Errorf("ask where the log begins and ends: %w", err)
	}
	if l.snapshot, _, err = s.log.Latest(ctx); err != nil {
		return l, fmt.Errorf("look for a snapshot: %w", err)
	}
	return l, nil
}

// due reports whether a snapshot is worth its while: where what others would have to read
// behind the latest is more than half of the view, or where the log needs the room.
func (l look) due(view int64) bool {
	if l.last <= l.snapshot || l.last < l.first {
		return false
	}
	messages := float64(l.last-l.first) + 1
	since := int64(float64(l.bytes) * min(1, float64(l.last-l.snapshot)/messages)) // about
	return since > max(leastLog, view/2) || l.bytes > l.most/2 && since > l.most/8
}

// snapshot saves the view as a snapshot, and returns its mark.
func (s *Store) snapshot(ctx context.Context) (mark uint64, err error) {
	dir, err := os.MkdirTemp(s.folder(), "snapshot-*"+unfinished)
	if err != nil {
		return 0, fmt.Errorf("take a snapshot: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // the next opening removes what is left
	file := filepath.Join(dir, viewFile)
	began := time.Now()
	mark, err = ask(s, func(v *view) (uint64, error) {
		mark := v.Mark() // the file may have more, which does no harm
		if err := v.Backup(ctx, file, nil); err != nil {
			return 0, err
		}
		return mark, s.examine(ctx, dir)
	})
	if err == nil {
		err = s.log.Save(ctx, mark, file, nil)
	}
	if err != nil {
		return 0, fmt.Errorf("take a snapshot: %w", err)
	}
	s.options.Logger.InfoContext(ctx, "a snapshot of the inbox was taken", "mark", mark, "took", time.Since(began).Round(time.Millisecond).String())
	return mark, nil
}

// examine reads all that is to be a snapshot. What is damaged in it others may have whole, or
// find in the log, for as long as nobody begins with it. It is then the view's fault, which
// is made anew.
func (s *Store) examine(ctx context.Context, dir string) error {
	v, err := s.openView(ctx, dir)
	if err != nil {
		return err
	}
	problems, err := v.Check(ctx, nil)
	if err == nil && len(problems) > 0 {
		err = fmt.Errorf("%w: %s (and %d problems more)", sqlite.ErrUnreadable, problems[0], len(problems)-1)
	}
	return errors.Join(err, v.leave())
}

// purge lets go of the entries before the latest snapshot that have been handed out to the
// end, to the plugins of which something waits: for the others there is nothing in them, and
// one that nobody serves any more would hold the log for ever. Where the log runs out of
// room, all of them go: what waits is offered again.
func (s *Store) purge(ctx context.Context, l look) error {
	upTo := l.snapshot
	if l.bytes <= l.most/4*3 {
		mark, _ := s.position.now() // what comes behind it may wait, and is not counted
		waiting, err := s.waiting(ctx)
		if err != nil {
			return fmt.Errorf("ask what waits: %w", err)
		}
		lowest, some, err := s.log.Floors(ctx, waiting...)
		if err != nil {
			return fmt.Errorf("ask what has been handed out: %w", err)
		}
		if upTo = min(upTo, mark); some {
			upTo = min(upTo, lowest)
		}
	}
	if upTo < l.first || upTo == 0 {
		return nil
	}
	if err := s.log.Purge(ctx, upTo); err != nil {
		return fmt.Errorf("let go of entries up to %d: %w", upTo, err)
	}
	_, _, bytes, err := s.log.Bounds(ctx)
	if err != nil {
		return fmt.Errorf("ask what the log takes now: %w", err)
	}
	s.gauges.log(bytes)
	return nil
}

// waiting are the plugins of which copies wait.
func (s *Store) waiting(ctx context.Context) (plugins []string, err error) {
	stats, err := s.Stats(ctx)
	for _, q := range stats.Queues {
		if q.Waiting() > 0 && !slices.Contains(plugins, q.Plugin) {
			plugins = append(plugins, q.Plugin)
		}
	}
	return plugins, err
}

var (
	_ store.Shared = (*Store)(nil)
	_ store.Tended = (*Store)(nil)
)
