package courier

import (
	"context"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

// Archive is what the courier reads: [store.Archive] has it.
type Archive interface {
	Waiting(ctx context.Context, q store.WaitingQuery) ([]store.Copy, error)
	Due(ctx context.Context, q store.DueQuery) (copies []store.Copy, next time.Time, err error)
}

// Options are what a [Courier] is made from. Archive, Deliver, Report and Serves are
// needed. The funcs are called from many goroutines at once, and never while the
// courier holds a lock.
type Options struct {
	// Archive holds what waits.
	Archive Archive
	// Deliver is one attempt. The context ends with the command's timeout. A panic
	// counts as a failure.
	Deliver func(ctx context.Context, plugin string, cb sdk.Callback) (sdk.Reply, error)
	// Report takes what an attempt has led to. It is to be committed sooner or later,
	// and [Courier.Committed] then told. Until then the copy is not delivered again.
	Report func(store.Result)
	// Serves says why a plugin cannot be given a command at all at the moment; empty
	// where it can. What is not served waits, in the store alone, and costs no
	// attempt. [Courier.Refresh] has it asked again.
	Serves func(plugin, command string) (why string)
	// Lost reports whether a failed attempt ended with the plugin's process, so that
	// the callback may have been what ended it; nil for never.
	Lost func(err error) bool
	// Poison reports whether the plugin's supervisor has given the callback up; nil
	// for never.
	Poison func(err error) bool
	// OrderKey is whom or what the callback is about; empty where the body does not
	// say, which orders nothing. For hot events it is called by Committed.
	OrderKey func(cb sdk.Callback, by Order) string
	// Settings may change while the courier works, see [Courier.Configure].
	Settings Settings
	// Waited is told how long after its arrival a copy's first attempt began, once that
	// has ended; nil does not want to know.
	Waited func(plugin, command string, wait time.Duration)
	// Doubtful reports whether a gateway may have handed out the plugin's copy and left no
	// record of it, since it was not stopped cleanly; nil for never. First attempts at such
	// copies are marked as further ones.
	Doubtful func(plugin string, seq uint64) bool
	// Rand returns a number in [0, 1) for the jitter; nil for math/rand/v2.
	Rand func() float64
	// Logger is where it reports to; nil for nowhere.
	Logger *slog.Logger
}

// Courier delivers what waits. It is safe for concurrent use.
type Courier struct {
	o      Options
	ctx    context.Context //nolint:containedctx // its end cancels what outlives Close's patience
	cancel context.CancelFunc
	rules  atomic.Pointer[rules]

	mu      sync.Mutex
	plugins map[string]*plugin
	budget  budget
	started bool
	held    bool
	closed  bool
	// running counts the goroutines; idle is closed once there are none and will be
	// none any more.
	running int
	idle    chan struct{}
	// checking says that a goroutine asks Serves, recheck that it has to once more, and
	// recheckAll that it has to about all there is.
	checking, recheck, recheckAll bool
}

// plugin is what the lines of one plugin share.
type plugin struct {
	name string
	// lines are by command, each line once for each of its commands.
	lines map[string]*line
	// named are the lines by name.
	named map[string]*line
	// taken are the copies in hand: in memory, under way, or with a result that is
	// not committed yet.
	taken map[uint64]*item
	// reads are those under way.
	reads []*read
	// suspected are the copies that were under way when the plugin's process ended.
	// They are delivered one at a time: suspects wait, and trial says one is under way.
	suspected map[uint64]struct{}
	suspects  queue
	trial     bool
}

// New returns a courier that delivers nothing before [Courier.Start].
func New(o Options) *Courier {
	if o.Lost == nil {
		o.Lost = func(error) bool { return false }
	}
	if o.Poison == nil {
		o.Poison = func(error) bool { return false }
	}
	if o.Waited == nil {
		o.Waited = func(string, string, time.Duration) {}
	}
	if o.Doubtful == nil {
		o.Doubtful = func(string, uint64) bool { return false }
	}
	if o.OrderKey == nil {
		o.OrderKey = func(sdk.Callback, Order) string { return "" }
	}
	if o.Rand == nil {
		o.Rand = rand.Float64
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	c := &Courier{o: o, plugins: map[string]*plugin{}, idle: make(chan struct{})}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	r := newRules(o.Settings)
	c.rules.Store(r)
	c.budget.limit = r.memory
	return c
}

// Start begins the deliveries. The queues are the store's: lines that have something
// waiting read it from there.
func (c *Courier) Start(queues []store.Queue) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.started = true
	for _, q := range queues {
		if q.Waiting() > 0 {
			c.lineOf(q.Plugin, q.Command).reread()
		}
	}
	c.kickAll()
}

// Refresh has the courier ask again what is served, and has lines that pause try at
// once. It returns at once.
func (c *Courier) Refresh() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for l := range c.lines() {
		l.until = time.Time{}
	}
	c.check(true)
}

// Hold stops new deliveries while on: results cannot be committed, so that whatever
// is delivered would be delivered again.
func (c *Courier) Hold(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held = on
	c.kickAll()
}

// Reload has the courier forget what it has in memory of a plugin's commands, all that
// it knows where none is named, and read it again from the store, where it was changed
// other than by a commit that [Courier.Committed] is told of. Deliveries under way go
// on.
func (c *Courier) Reload(plugin string, commands ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	if p := c.plugins[plugin]; p != nil && len(commands) == 0 {
		commands = slices.Collect(maps.Keys(p.lines))
	}
	for _, command := range commands {
		l := c.lineOf(plugin, command)
		c.letGo(l)
		l.reread()
		c.kick(l)
	}
	c.feedHungry()
}

// Close makes no new deliveries, waits for those under way until ctx ends, and then
// cancels them. What they led to has been reported when it returns; a delivery that
// was cancelled is one to be tried again at once. The error is ctx's where it had to
// cancel.
func (c *Courier) Close(ctx context.Context) error {
	c.mu.Lock()
	if !c.closed {
		c.closed = true
		for l := range c.lines() {
			l.timer.stop()
		}
		if c.running == 0 {
			close(c.idle)
		}
	}
	c.mu.Unlock()
	defer c.cancel()
	select {
	case <-c.idle:
		return nil
	case <-ctx.Done():
	}
	c.cancel()
	<-c.idle
	return context.Cause(ctx) //nolint:wrapcheck // the caller's own
}

// spawn runs f in a goroutine that Close waits for; mu is held, and nothing is closed.
func (c *Courier) spawn(f func()) {
	c.running++
	go func() {
		defer c.exit()
		f()
	}()
}

func (c *Courier) exit() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running--
	if c.closed && c.running == 0 {
		close(c.idle)
	}
}

// lines are all lines; mu is held.
func (c *Courier) lines() func(yield func(*line) bool) {
	return func(yield func(*line) bool) {
		for _, p := range c.plugins {
			for _, l := range p.named {
				if !yield(l) {
					return
				}
			}
		}
	}
}
