package commit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

// closeGrace is how long Close goes on writing once its time is over, since that is when
// deliveries were cut short whose results it has just been given; and then how long it
// waits for a commit under way.
const closeGrace = time.Second

var (
	errClosed  = errors.New("the inbox is closing")
	errRefused = errors.New("the store refuses them alone, which is told above; `switchhook inbox check` looks for damage")
	errQueue   = sdk.Overloaded(time.Second,
		errors.New("too many callbacks wait to be written: the disk is slower than they come"))
)

// Committer commits what it is given, as much as there is at a time. It is safe for
// concurrent use.
type Committer struct {
	o         Options
	condition atomic.Pointer[condition]
	waiters   waiters
	wake      chan struct{} // takes one: there is something to do
	cancel    context.CancelFunc
	done      chan struct{}
	probeNow  atomic.Bool
	left      int // results not written; set before done is closed

	mu      sync.Mutex
	appends []*waiter
	bytes   int64 // of the appends' bodies
	results []store.Result
	changes []*change
	closed  bool
}

// New starts a committer; it ends with [Committer.Close].
func New(o Options) *Committer {
	o.setDefaults()
	ctx, cancel := context.WithCancel(context.Background())
	c := &Committer{o: o, wake: make(chan struct{}, 1), cancel: cancel, done: make(chan struct{})}
	c.condition.Store(&condition{State: State{Since: time.Now()}, over: make(chan struct{})})
	w := &writer{Committer: c, writable: true}
	go w.run(ctx)
	return c
}

// Append returns once a is durable, or is a duplicate. While the journal is not OK it
// fails at once with the reason ([store.ErrFull] is in it where there is no room), and
// with an overloaded [sdk.Fault] where too many wait. Where ctx ends first the outcome
// is open: a may have been kept, or may still be.
func (c *Committer) Append(ctx context.Context, a store.Append) (duplicate bool, err error) {
	if len(a.Plugins) == 0 {
		return false, fmt.Errorf("append %s: there is no plugin to keep it for", a.Event.Command)
	}
	if s := c.State(); s.Kind != OK {
		return false, refusal(s)
	}
	w := c.waiters.get(a)
	if err := c.enqueue(w); err != nil {
		c.waiters.put(w)
		return false, err
	}
	select {
	case o := <-w.outcome:
		c.waiters.put(w)
		return o.duplicate, o.err
	case <-ctx.Done():
	}
	dropped, got := w.leave()
	switch {
	case got: // it came at the same moment, and is the truth
		o := <-w.outcome
		c.waiters.put(w)
		return o.duplicate, o.err
	case dropped:
		return false, fmt.Errorf("wait for a commit: not written: %w", context.Cause(ctx))
	default:
		return false, fmt.Errorf("wait for a commit: may be written: %w", context.Cause(ctx))
	}
}

func (c *Committer) enqueue(w *waiter) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return sdk.Overloaded(time.Second, errClosed)
	}
	size := int64(len(w.append.Event.Body))
	if n := len(c.appends); n >= c.o.Queue || n > 0 && c.bytes+size > c.o.QueueBytes {
		return errQueue
	}
	c.appends = append(c.appends, w)
	c.bytes += size
	c.signal()
	return nil
}

// Result has a delivery's result written. It never blocks and is never refused;
// those that cannot be written before the gateway ends are results of deliveries that
// are made again.
func (c *Committer) Result(r store.Result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.results = append(c.results, r)
	c.signal()
}

// Probe has the committer look at once, and not only when it would by itself, whether
// the journal works again: something may have changed.
func (c *Committer) Probe() {
	if c.State().Kind != OK {
		c.probeNow.Store(true)
		c.signal()
	}
}

// signal tells the writer that there is something to do.
func (c *Committer) signal() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Close refuses what comes from now on and writes what is there. Where that cannot
// be done before ctx ends, or a second after, the error says what was left.
func (c *Committer) Close(ctx context.Context) error {
	c.mu.Lock()
	c.closed = true
	c.signal()
	c.mu.Unlock()
	defer c.cancel()
	select {
	case <-c.done:
	case <-ctx.Done():
		if c.endsWithin(closeGrace) {
			break
		}
		if c.cancel(); !c.endsWithin(closeGrace) {
			return fmt.Errorf("close the inbox's writer: a commit is still under way: %w", context.Cause(ctx))
		}
	}
	if c.left == 0 {
		return nil
	}
	return fmt.Errorf("close the inbox's writer: %d results of deliveries are not written, which will be made again: %w",
		c.left, cmp.Or(c.State().Err, errRefused))
}

func (c *Committer) endsWithin(wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-c.done:
		return true
	case <-timer.C:
		return false
	}
}

// Idle reports whether the goroutine that writes has ended, so that the journal may
// be closed.
func (c *Committer) Idle() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

func refusal(s State) error {
	return fmt.Errorf("the inbox is %s since %s: %w", s.Kind, s.Since.UTC().Format(time.RFC3339), s.Err)
}
