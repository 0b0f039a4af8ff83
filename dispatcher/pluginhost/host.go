package pluginhost

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/switchhook/switchhook/dispatcher/pluginhost/pool"
	"github.com/switchhook/switchhook/sdk"
)

// Host runs the plugins. Its methods may be called from many goroutines at once.
type Host struct {
	options  Options
	metrics  *metrics
	store    store
	sums     *sums
	watcher  *watcher
	launcher *launcher
	user     int // whose waiting plugins it attaches to: this process's own
	held     []*heldDir

	changes chan struct{} // holds at most one: something changed
	notify  sync.WaitGroup

	turn    chan struct{} // holds at most one: a Start, Apply or Close is under way
	closing chan struct{} // closed by Close: nobody waits for a start any more
	once    sync.Once     // closes closing

	tallies sync.Mutex // of two tallies, the later one counts

	mu      sync.Mutex
	state   hostState
	plugins map[string]*deployment
	pools   map[string]*pool.Pool

	// The configuration in force; it belongs to whoever has the turn.
	dir     string
	configs []PluginConfig
}

type hostState uint8

const (
	hostNew hostState = iota
	hostRunning
	hostClosed
)

var (
	errStarted = errors.New("the plugin host was started already")
	errClosed  = errors.New("the plugin host is closed")
	errIdle    = errors.New("the plugin host was not started")
)

// New checks the options and returns a host that runs nothing yet.
func New(o Options) (*Host, error) {
	o, err := o.normalize()
	if err != nil {
		return nil, err
	}
	if _, err := discover(o.Dir, o.Plugins); err != nil {
		return nil, fmt.Errorf("pluginhost options: Plugins: %w", err)
	}
	m, err := newMetrics(o.Registerer)
	if err != nil {
		return nil, err
	}
	h := &Host{
		options: o,
		metrics: m,
		store:   newStore(filepath.Join(o.DataDir, "plugins")),
		sums:    newSums(),
		watcher: &watcher{every: watchEvery, log: o.Logger},
		user:    os.Geteuid(),
		changes: make(chan struct{}, 1),
		turn:    make(chan struct{}, 1),
		closing: make(chan struct{}),
		plugins: make(map[string]*deployment),
		pools:   make(map[string]*pool.Pool),
		dir:     o.Dir,
		configs: o.Plugins,
	}
	if o.Registerer != nil {
		if err := o.Registerer.Register(newCensus(h)); err != nil {
			return nil, fmt.Errorf("register plugin metrics: %w", err)
		}
	}
	return h, nil
}

// Start starts every plugin and returns when each is ready or has failed once. A
// plugin whose file is new since the gateway ran last and does not come up is started
// from the copy of what served then. One that fails is no error here, see Status,
// unless its OnError says so. The other errors are the host's own: directories that
// cannot be used, or the end of ctx. Close is due in any case.
func (h *Host) Start(ctx context.Context) error {
	if err := h.begin(ctx, hostNew, errStarted); err != nil {
		return err
	}
	defer h.end()
	if err := h.open(); err != nil {
		return err
	}
	d, err := h.look(h.dir, h.configs)
	if err != nil {
		return err
	}
	started := make([]*deployment, len(d.plans))
	fallbacks := make([]*deployment, len(d.plans))
	for i, p := range d.plans {
		started[i], fallbacks[i] = h.boot(p)
	}
	h.mu.Lock()
	h.state = hostRunning
	for _, d := range started {
		h.plugins[d.plan.name] = d
		d.begin(ctx, startBoot, true)
	}
	h.mu.Unlock()
	ctx, cancel := h.untilClosing(ctx)
	defer cancel()
	var problems []error
	for i, d := range started {
		problems = append(problems, h.booted(ctx, d, fallbacks[i]))
	}
	return errors.Join(problems...)
}

// Handler returns the plugin's handler, which is usable at once and for good,
// also for a name that no plugin has yet: while there is no ready process it
// answers with an unavailable fault.
func (h *Host) Handler(name string) sdk.Handler {
	return h.poolOf(name)
}

// Status returns what is known of each plugin, sorted by name.
func (h *Host) Status() []Status {
	deployments := h.deployments()
	all := make([]Status, 0, len(deployments))
	for _, d := range deployments {
		all = append(all, d.status())
	}
	slices.SortFunc(all, func(a, b Status) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// deployments are those in force, in no order.
func (h *Host) deployments() []*deployment {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Collect(maps.Values(h.plugins))
}

// Close stops every plugin in good order: callbacks in flight finish, the plugin
// drains, SIGTERM, and SIGKILL for the group that does not follow. When ctx ends,
// what is left is killed at once. No process, socket or copy is left when it
// returns. Calling it again does nothing.
func (h *Host) Close(ctx context.Context) error {
	h.once.Do(func() { close(h.closing) })
	h.turn <- struct{}{} // a Start or Apply under way gives up its waits for starts
	defer h.end()
	h.mu.Lock()
	was := h.state
	h.state = hostClosed
	plugins := h.plugins
	h.mu.Unlock()
	if was == hostClosed {
		return nil
	}
	h.stopAll(ctx, slices.Collect(maps.Values(plugins)))
	close(h.changes)
	h.notify.Wait()
	if h.launcher != nil {
		h.launcher.spawner.close()
	}
	for _, d := range h.held {
		d.release()
	}
	return nil
}

// begin waits for its turn and checks that the host is in state want; otherwise
// is the error for one that is neither there nor closed.
func (h *Host) begin(ctx context.Context, want hostState, otherwise error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("change the plugins: %w", err)
	}
	select {
	case h.turn <- struct{}{}:
	case <-h.closing: // Close has the turn, or is about to
		return errClosed
	case <-ctx.Done():
		return fmt.Errorf("wait for another change of plugins: %w", ctx.Err())
	}
	h.mu.Lock()
	state := h.state
	h.mu.Unlock()
	switch state {
	case want:
		return nil
	case hostClosed:
		otherwise = errClosed
	case hostNew, hostRunning:
	}
	h.end()
	return otherwise
}

// untilClosing returns a context that ends with ctx and when the host is closed.
func (h *Host) untilClosing(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-h.closing:
			cancel(errClosed)
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}

// end gives the turn to the next.
func (h *Host) end() { <-h.turn }

// look discovers the plugins, with those of which only the claims are left, and
// reports what it had to leave out.
func (h *Host) look(dir string, configs []PluginConfig) (discovery, error) {
	before := h.watcher.glance(dir)
	d, err := discover(dir, configs)
	if err != nil {
		return d, err
	}
	d.plans = elsewhere(h.braked(diverted(d.plans, h.recall)), h.options.NoLocalState)
	h.watcher.expect(dir, d.plans, before)
	if d.missing {
		h.options.Logger.Warn("plugin directory does not exist", "dir", dir)
	}
	for _, err := range d.ignored {
		h.options.Logger.Warn("file in the plugin directory ignored", "err", err)
	}
	orphans, err := h.orphans(dir, d.plans)
	if err != nil {
		return d, err
	}
	d.plans = append(d.plans, orphans...)
	return d, nil
}

// open takes the directories into possession and starts what all plugins share.
func (h *Host) open() error {
	sockets, err := socketRoot(h.options.RuntimeDir, h.options.DataDir)
	if err != nil {
		return err
	}
	if err := h.store.sweep(); err != nil {
		return err
	}
	d, err := holdDir(sockets)
	if err != nil {
		return err
	}
	h.held = append(h.held, d)
	h.launcher = &launcher{
		exec: h.options.Exec, sockets: sockets, store: h.store,
		spawner: newSpawner(), startTimeout: h.options.StartTimeout, user: h.user,
	}
	h.notify.Go(func() {
		for range h.changes {
			h.options.OnChange()
		}
	})
	return nil
}

// changed has OnChange called, once for changes that come close together.
func (h *Host) changed() {
	select {
	case h.changes <- struct{}{}:
	default:
	}
}

// poolOf returns the plugin's pool, which is its for good.
func (h *Host) poolOf(name string) *pool.Pool {
	h.mu.Lock()
	defer h.mu.Unlock()
	p, ok := h.pools[name]
	if !ok {
		p = pool.New(name, h.metrics.pools, h.options.Logger)
		h.pools[name] = p
	}
	return p
}
