package jetstream

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

const (
	// sayEvery is how often a long piece of work says how far it is.
	sayEvery = 5 * time.Second
	// openPatience is how long an opening waits for a cluster that goes away meanwhile.
	openPatience = 10 * time.Second
)

var errAhead = errors.New("the log on the cluster is not the one that this gateway's view is of")

// Store is an open inbox. It is safe for concurrent use.
type Store struct {
	store.Handout

	options Options
	log     log

	views    views
	left     []leftView // fixed once the store is open
	position position
	waiters  waiters
	trouble  trouble // of the view
	silence  trouble // of the cluster
	stopped  stopped
	gauges   gauges
	metrics  *Metrics // nil for none
	watchers atomic.Pointer[[]func(store.Applied)]
	running  atomic.Pointer[run]

	self    string // begins the ids of this gateway's entries
	entries atomic.Uint64

	failures   chan error // takes one: what keeps the view from following; read while it is opened
	cancel     context.CancelFunc
	goroutines sync.WaitGroup
	ended      chan struct{} // closed with closed
	closed     atomic.Bool
}

// Open connects to the cluster, opens this gateway's view and returns when it has caught
// up with the log as it was at that moment, which takes a while where the view is new. An
// error that waiting may mend is, or wraps, [cluster.ErrUnreachable], [ErrBehind] or
// [store.ErrFull].
func Open(ctx context.Context, o Options) (*Store, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	c, err := cluster.Connect(ctx, o.Cluster)
	if err != nil {
		return nil, fmt.Errorf("open the inbox on the NATS cluster: %w", err)
	}
	return open(ctx, c, func(s *Store) store.Handout { return newHandout(s, c) }, o)
}

// open opens a store on a log, which is closed with it, and where it fails.
func open(ctx context.Context, l log, hands func(*Store) store.Handout, o Options) (*Store, error) {
	s := &Store{
		options: o, log: l, self: rand.Text() + "-",
		failures: make(chan error, 1), ended: make(chan struct{}),
	}
	s.Handout = hands(s)
	s.stopped = newStopped(ctx)
	following, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.cancel = cancel
	err := s.lookForLeft(ctx)
	if err == nil {
		err = s.begin(ctx)
	}
	if err == nil {
		s.goroutines.Go(func() { s.follow(following) })
		s.goroutines.Go(func() { s.gauge(following) })
		err = s.catchUp(ctx)
	}
	if err == nil && o.Registerer != nil {
		s.metrics, err = NewMetrics(o.Registerer, s.reading)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the inbox on the NATS cluster: %w", err), s.Close())
	}
	return s, nil
}

// begin opens the view, or makes it.
func (s *Store) begin(ctx context.Context) error {
	_, last, bytes, err := s.log.Bounds(ctx)
	if err != nil {
		return err
	}
	mark, snapshot, err := s.log.Latest(ctx)
	if err != nil {
		return fmt.Errorf("look for a snapshot: %w", err)
	}
	v, err := s.found(ctx)
	if err != nil {
		return err
	}
	if v != nil && v.Mark() > last {
		return errors.Join(fmt.Errorf("%w: it ends with entry %d, and the view in %s has %d: its stream was deleted, or restored from an older backup. "+
			"To go on with what the cluster has, move that folder away; what it holds can be taken from it with `switchhook inbox move`",
			errAhead, last, v.dir, v.Mark()), v.close())
	}
	if v != nil && v.Mark() == 0 && snapshot { // there is nothing in it, and in the snapshot there is
		if err := errors.Join(v.close(), os.RemoveAll(v.dir)); err != nil {
			return err
		}
		v = nil
	}
	if v == nil {
		if v, err = s.made(ctx); err != nil {
			return err
		}
	}
	s.views.replace(v)
	s.position.applied(v.Mark())
	s.gauges.log(bytes)
	s.gauges.snapshot(mark, time.Time{})
	return nil
}

// catchUp waits until the view has what the log has now. To a log in which there was never
// anything it writes an entry, so that nobody takes the cluster for an unused one; see [Seed].
func (s *Store) catchUp(ctx context.Context) error {
	_, last, _, err := s.log.Bounds(ctx)
	if err != nil {
		return err
	}
	if last == 0 {
		return s.Commit(ctx, &store.Batch{})
	}
	if last, err = s.log.End(ctx); err != nil {
		return err
	}
	last = max(last, s.Status().SnapshotMark) // what was before may be gone
	s.position.saw(last)
	say := s.progress(ctx, "catching up with the log")
	from, _ := s.position.now()
	look := time.NewTicker(sayEvery)
	defer look.Stop()
	for {
		there, moved := s.position.wait(last)
		if there {
			return nil
		}
		select {
		case <-moved:
			mark, _ := s.position.now()
			say(int64(mark-from), int64(last-from)) //nolint:gosec // far below the bound
		case err := <-s.failures:
			return err
		case <-look.C: // nobody is to wait for a cluster that went away meanwhile
			if status := s.log.Status(); !status.Connected && time.Since(status.Since) > openPatience {
				return fmt.Errorf("catch up with the log: %w (inbox.nats.servers): %s", cluster.ErrUnreachable, status.LastError)
			}
		case <-ctx.Done():
			return fmt.Errorf("catch up with the log: %w", context.Cause(ctx))
		}
	}
}

// failed tells Open of what keeps the view from following.
func (s *Store) failed(err error) {
	select {
	case s.failures <- err:
	default:
	}
}

// progress says in the log how far a long piece of work is, from time to time.
func (s *Store) progress(ctx context.Context, what string) store.Progress {
	said := time.Now()
	return func(done, total int64) {
		if time.Since(said) < sayEvery {
			return
		}
		said = time.Now()
		s.options.Logger.InfoContext(ctx, "the view of the inbox is being brought up to date", "by", what, "done", done, "of", total)
	}
}

// Watch has f told of every change that is applied; see [store.Shared].
func (s *Store) Watch(f func(store.Applied)) {
	var all []func(store.Applied)
	if watchers := s.watchers.Load(); watchers != nil {
		all = append(all, *watchers...)
	}
	all = append(all, f)
	s.watchers.Store(&all)
}

// Close gives the view's files and the connection back. Nothing may be under way.
func (s *Store) Close() error { return s.giveBack((*view).close) }

// Leave is Close, and the next opening says that the stop was not clean.
func (s *Store) Leave() error { return s.giveBack((*view).leave) }

func (s *Store) giveBack(end func(*view) error) error {
	if s.closed.Swap(true) {
		return errClosed
	}
	close(s.ended)
	s.cancel()
	s.stopped.end()
	s.goroutines.Wait()
	if s.metrics != nil {
		s.metrics.Unregister()
	}
	err := end(s.views.replace(nil))
	if closed := s.log.Close(); closed != nil {
		err = errors.Join(err, fmt.Errorf("close the connection to the cluster: %w", closed))
	}
	return err
}
