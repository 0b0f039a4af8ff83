package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"github.com/switchhook/switchhook/dispatcher/pluginhost/pool"
	"github.com/switchhook/switchhook/sdk/wire"
)

// deployment is one plan of a plugin, with the program that its processes run and
// their supervisors. A change of plan or program is another deployment's; the two
// share nothing but the plugin's pool.
type deployment struct {
	plan plan
	host *Host
	pool *pool.Pool
	log  *slog.Logger

	replicas []*supervisor // set once, by begin
	known    chan struct{} // closed when the plugin has said what it is

	mu          sync.Mutex
	program     program           // what was staged or chosen; zero before
	chosen      bool              // by choose: no other will do
	description *wire.Description // of the first process that came up
	heard       *wire.Description // of a process that was refused for the place of its state
	stored      record            // what was remembered when this began
	remembered  bool              // this deployment is what is stored
}

// deploy prepares a deployment that runs nothing yet.
func (h *Host) deploy(p plan) *deployment {
	log := h.options.Logger.With("plugin", p.name)
	return &deployment{
		plan: p, host: h, pool: h.poolOf(p.name), log: log,
		known: make(chan struct{}), stored: h.remembered(p.name, log),
	}
}

// begin starts the processes, on probation or serving at once.
func (d *deployment) begin(ctx context.Context, reason startReason, serving bool) {
	d.host.metrics.add(d.plan.name)
	n := max(1, d.plan.replicas)
	if !d.plan.runs() || d.plan.reattach != "" {
		n = 1
	}
	d.replicas = make([]*supervisor, n)
	for i := range d.replicas {
		d.replicas[i] = d.supervisor(ctx, i, reason, serving)
	}
	for _, s := range d.replicas {
		go s.run() //nolint:contextcheck // The loop has a life of its own.
	}
}

// policy is what becomes of the deployment's processes.
func (d *deployment) policy() policy {
	o := d.host.options
	p := policy{
		base: o.BackoffBase, max: o.BackoffMax, settle: o.BackoffMax,
		budget: d.plan.restarts, window: d.plan.window, probe: max(o.BackoffMax, d.plan.window/10), //nolint:mnd // a tenth
	}
	if d.plan.reattach != "" {
		p.max, p.budget = min(p.max, attachEvery), 0
	}
	return p
}

// start brings up one process.
func (d *deployment) start(ctx context.Context, number int, log *slog.Logger) (*instance, error) {
	if d.plan.reattach != "" {
		return d.host.launcher.launch(ctx, d.plan, program{}, number, log, d.host.metrics.printed(d.plan.name))
	}
	prog, err := d.staged()
	if err != nil {
		return nil, err
	}
	return d.host.launcher.launch(ctx, d.plan, prog, number, log, d.host.metrics.printed(d.plan.name))
}

// staged returns the program, which is made ready by the first call that succeeds:
// a process that is started again runs what the others run.
func (d *deployment) staged() (program, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.program.file != "" {
		return d.program, nil
	}
	prog, err := d.host.store.stage(d.plan)
	if err != nil {
		return program{}, err
	}
	d.program = prog
	return prog, nil
}

// restage has the next start look at the file again, if it may be another, and reports
// whether it is another than what was tried.
func (d *deployment) restage() bool {
	sum, may := d.mayRestage()
	if !may {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	another := d.program.sha256 != sum
	d.program = program{}
	return another
}

// mayRestage reports whether a start that is asked for looks at the file again, and
// the file's hash: the program is not settled, and the file was not given up.
func (d *deployment) mayRestage() (sum string, may bool) {
	sum, err := d.host.sums.of(d.plan.path)
	r, _ := d.host.recall(d.plan.name)
	_, passed := r.passed(sum)
	return sum, !d.settled() && err == nil && !passed
}

// choose has the processes run prog, whatever the file is.
func (d *deployment) choose(prog program) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.program, d.chosen = prog, prog.file != ""
}

// settled reports whether the deployment keeps its program: it was chosen, or a
// process came up from it. Until then each start that is asked for looks at the file
// anew.
func (d *deployment) settled() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.chosen || d.description != nil
}

// introduce takes note of what the plugin says of itself, once for all processes.
func (d *deployment) introduce(said *wire.Description) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.description != nil {
		return
	}
	d.description = said
	close(d.known)
	if n := len(d.replicas); n > 1 && said.Instances == wire.InstancesExclusive {
		d.log.Warn("an exclusive plugin has one process, whatever its replicas say", "replicas", n)
	}
}

// exclusive reports whether the plugin's process is one that cannot stand another
// beside it.
func (d *deployment) exclusive() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.description != nil && d.description.Instances == wire.InstancesExclusive
}

// solitary is exclusive for whoever has to decide before a process has said so: what
// served last counts then.
func (d *deployment) solitary() bool {
	said, _ := d.said()
	return said.Instances == wire.InstancesExclusive
}

// said is what a process has said of the plugin, or what is stored of that, and which
// of the two it is, as Status.ClaimsFrom has it.
func (d *deployment) said() (said wire.Description, from string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.description != nil:
		return *d.description, ClaimsLive
	case d.heard != nil:
		return *d.heard, ClaimsLive
	case d.stored.served():
		return d.stored.Description, ClaimsStored
	default:
		return wire.Description{}, ""
	}
}

// awaitFirst waits until every first start is decided, or that of the first process
// has failed.
func (d *deployment) awaitFirst(ctx context.Context) error {
	for i, s := range d.replicas {
		if err := s.awaitFirst(ctx); err != nil {
			return err
		}
		if i == 0 && s.report.status().State != StateReady {
			return nil
		}
	}
	return nil
}

// cameUp waits for the first starts and returns why one did not succeed.
func (d *deployment) cameUp(ctx context.Context) error {
	if err := d.awaitFirst(ctx); err != nil {
		return err
	}
	if !d.plan.runs() || d.plan.debug {
		return nil
	}
	for _, s := range d.running() {
		if st := s.report.status(); st.State != StateReady {
			return notUp(d.plan, errors.New(st.Error))
		}
	}
	return nil
}

// notUp is why a plugin did not come up.
func notUp(p plan, err error) error { return fmt.Errorf("plugin %s did not come up: %w", p.name, err) }

// running returns the supervisors that have a process to look after.
func (d *deployment) running() []*supervisor {
	if d.exclusive() {
		return d.replicas[:1]
	}
	return d.replicas
}

// serve lets callbacks reach the processes, or keeps them away.
func (d *deployment) serve(serving bool) {
	for _, s := range d.replicas {
		s.serve(serving)
	}
}

// kick has processes that wait or have failed tried again at once.
func (d *deployment) kick() {
	for _, s := range d.replicas {
		s.kick()
	}
}

// stop ends the processes, side by side, and waits until they are gone. When ctx
// ends first, they are killed.
func (d *deployment) stop(ctx context.Context) {
	var stops sync.WaitGroup
	for _, s := range d.replicas {
		stops.Go(func() { s.stop(ctx) })
	}
	stops.Wait()
}

// ready returns how many processes are ready.
func (d *deployment) ready() int {
	n := 0
	for _, s := range d.running() {
		if s.report.status().State == StateReady {
			n++
		}
	}
	return n
}

// readyInstances returns the processes that are ready, by number.
func (d *deployment) readyInstances() []*instance {
	var all []*instance
	for _, s := range d.running() {
		if in := s.report.readyInstance(); in != nil {
			all = append(all, in)
		}
	}
	return all
}

// patterns returns what the deployment claims, or claimed last.
func (d *deployment) patterns() []string {
	said, _ := d.said()
	patterns := make([]string, len(said.Claims))
	for i, c := range said.Claims {
		patterns[i] = c.Pattern
	}
	slices.Sort(patterns)
	return patterns
}
