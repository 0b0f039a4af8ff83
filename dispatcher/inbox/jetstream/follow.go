package jetstream

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

const (
	// groupEntries and groupBytes bound what is applied in one transaction.
	groupEntries = 256
	groupBytes   = 16 << 20
	// A view that cannot follow is tried again after minPause, and at last every maxPause.
	minPause = 100 * time.Millisecond
	maxPause = 5 * time.Second
)

var errMaking = errors.New("this gateway's view of the inbox is made anew from a snapshot; nothing is lost")

// follow applies the log to the view until ctx ends.
func (s *Store) follow(ctx context.Context) {
	pause := minPause
	for {
		err := s.followOnce(ctx, func() { pause = minPause })
		if ctx.Err() != nil {
			return
		}
		switch {
		case errors.Is(err, cluster.ErrNewer), errors.Is(err, errUnknown):
			err = fmt.Errorf("the log of the inbox was written by a newer gateway: upgrade this one, which goes on with what it has: %w", err)
			s.options.Logger.ErrorContext(ctx, "inbox takes no callbacks", "err", err)
			s.stop(err)
			s.failed(err)
			return
		case errors.Is(err, cluster.ErrOther), errors.Is(err, cluster.ErrAnew):
			err = s.restored(err)
			s.options.Logger.ErrorContext(ctx, "inbox takes no callbacks", "err", err)
			s.stop(err)
			s.failed(err)
			return
		case errors.Is(err, cluster.ErrGap), errors.Is(err, sqlite.ErrUnreadable):
			if err = s.anew(ctx, err); err == nil {
				continue
			}
		}
		if ctx.Err() != nil {
			return
		}
		s.trouble.enter(fmt.Errorf("this gateway's view cannot follow the log of the inbox: %w", err), false)
		s.options.Logger.ErrorContext(ctx, "the view of the inbox cannot follow its log, and tries again", "err", err, "after", pause.String())
		s.failed(err)
		if !sleep(ctx, pause) {
			return
		}
		pause = min(2*pause, maxPause)
	}
}

// restored says what can be done where the log is another, or has gone on from before what
// the view has.
func (s *Store) restored(err error) error {
	if errors.Is(err, cluster.ErrAnew) {
		return fmt.Errorf("%w: %w", errReplaced, err)
	}
	return fmt.Errorf("%w: %w: its stream was restored from an older backup, and written to since. "+
		"To go on with what the cluster has, move the folder %s away and restart the gateway; what it holds can be taken from it with `switchhook inbox move`",
		errAhead, err, s.folder())
}

// followOnce applies the log until something fails.
func (s *Store) followOnce(ctx context.Context, well func()) error {
	v, done, err := s.views.use()
	if err != nil {
		return err
	}
	defer done()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	s.running.Store(&run{view: v, stop: stop})
	defer s.running.Store(nil)
	s.position.applied(v.Mark())
	err = s.log.Follow(ctx, v.Mark(), v.MarkID(), func(records []cluster.Record) error {
		if err := s.apply(ctx, v, records); err != nil {
			return err
		}
		s.trouble.over()
		well()
		return nil
	})
	if cause := context.Cause(ctx); errors.Is(cause, sqlite.ErrUnreadable) {
		return cause //nolint:wrapcheck // it is our own
	}
	return err
}

// run is a view that follows the log at the moment.
type run struct {
	view *view
	stop context.CancelCauseFunc
}

// spoilt has a view replaced that was found unreadable.
func (s *Store) spoilt(v *view) {
	if r := s.running.Load(); r != nil && r.view == v {
		r.stop(sqlite.ErrUnreadable)
	}
}

// apply applies records, and tells of each.
func (s *Store) apply(ctx context.Context, v *view, records []cluster.Record) error {
	for len(records) > 0 && records[0].Mark <= v.Mark() {
		records = records[1:]
	}
	for len(records) > 0 {
		group, entries, unknown := group(records)
		if err := v.Apply(ctx, entries); err != nil {
			return fmt.Errorf("apply entries of the log from %d on: %w", group[0].Mark, err)
		}
		s.position.applied(v.Mark()) // before those that wait go on from it
		for i := range entries {
			s.gauges.grow(group[i].Size)
			s.tell(group[i].ID, &entries[i])
		}
		if unknown != nil {
			return unknown
		}
		records = records[len(group):]
	}
	return nil
}

// group is what is applied next. Unknown is why what comes behind it cannot be.
func group(records []cluster.Record) (part []cluster.Record, entries []sqlite.Entry, unknown error) {
	size := 0
	for i, r := range records {
		if i == groupEntries || size > groupBytes {
			break
		}
		e, err := decode(r)
		if err != nil {
			return records[:i], entries, err
		}
		size += bodies(&e)
		entries = append(entries, e)
	}
	return records[:len(entries)], entries, nil
}

// bodies is what the bodies of an entry take.
func bodies(e *sqlite.Entry) (size int) {
	if e.Batch == nil {
		return 0
	}
	for i := range e.Batch.Appends {
		size += len(e.Batch.Appends[i].Event.Body)
	}
	return size
}

// tell tells watchers of a change, and then whoever made it.
func (s *Store) tell(id string, e *sqlite.Entry) {
	if watchers := s.watchers.Load(); watchers != nil {
		a := store.Applied{Batch: e.Batch, Own: strings.HasPrefix(id, s.self), Reshaped: reshaped(e)}
		for _, watch := range *watchers {
			watch(a)
		}
	}
	s.waiters.tell(id, e)
}

// reshaped are the plugins whose copies or subscriptions an entry has changed other than
// by its batch.
func reshaped(e *sqlite.Entry) (plugins []string) {
	for _, one := range e.Subscribe {
		plugins = append(plugins, one.Plugin)
	}
	if e.Unsubscribe != nil {
		plugins = append(plugins, e.Unsubscribe.Plugin)
	}
	if e.Move != nil {
		plugins = append(plugins, e.Move.From, e.Move.To)
	}
	return plugins
}

// anew makes the view anew, and puts it in the place of the one that cannot go on. That
// one answers until then.
func (s *Store) anew(ctx context.Context, cause error) error {
	s.trouble.enter(errMaking, false)
	s.options.Logger.WarnContext(ctx, "the view of the inbox is made anew: nothing is lost", "err", cause)
	mark, ok, err := s.log.Latest(ctx)
	if err != nil {
		return fmt.Errorf("look for a snapshot: %w", err)
	}
	if at, _ := s.position.now(); errors.Is(cause, cluster.ErrGap) && (!ok || mark <= at) {
		return fmt.Errorf("%w; and there is no snapshot behind entry %d from which to go on", cause, at)
	}
	next, err := s.made(ctx)
	if err != nil {
		return err
	}
	old := s.views.replace(next)
	s.position.applied(next.Mark())
	s.waiters.anew(next.Mark())
	s.goroutines.Go(func() { // a backup of it may be under way
		if err := errors.Join(old.close(), os.RemoveAll(old.dir)); err != nil {
			s.options.Logger.WarnContext(ctx, "the old view of the inbox is left behind", "folder", old.dir, "err", err)
		}
	})
	if watchers := s.watchers.Load(); watchers != nil {
		for _, watch := range *watchers {
			watch(store.Applied{Reshaped: []string{"*"}})
		}
	}
	s.trouble.over()
	return nil
}

// sleep waits for so long; false where ctx ends first.
func sleep(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
