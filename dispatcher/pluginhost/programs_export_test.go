package pluginhost

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/switchhook/switchhook/sdk/wire"
)

// Programs are the kept copies and the records below a directory.
type Programs struct{ store }

// NewPrograms returns those below root.
func NewPrograms(root string) Programs { return Programs{newStore(root)} }

// Program is what a plugin's processes execute.
type Program = program

// File is what is executed.
func (p program) File() string { return p.file }

// Path is the operator's file.
func (p program) Path() string { return p.path }

// SHA256 is the hash of what is executed.
func (p program) SHA256() string { return p.sha256 }

// Plan is a plugin as it is to be run.
type Plan = plan

// PlanOf reads a configured plugin.
func PlanOf(dir string, c PluginConfig) (Plan, error) { return planOf(dir, c) }

// Found returns the plan of a file in the plugin directory.
func Found(name, path string) Plan { return plan{name: name, path: path, found: true} }

// Path is where the plan's program lies.
func (p plan) Path() string { return p.path }

// Stage, Keep, Kept, Recheck and Sweep are the store's.
func (s Programs) Stage(p Plan) (Program, error) { return s.stage(p) }

func (s Programs) Kept(plugin, sum string) (Program, error) { return s.kept(plugin, sum) }

func (s Programs) Recheck(p Plan, prog Program) error { return s.recheck(p, prog) }

func (s Programs) Keep(p Plan, sum string, src io.Reader) error { return s.keep(p, sum, src) }

func (s Programs) Sweep() error { return s.sweep() }

// Record is what is kept of a plugin.
type Record = record

// Former and PassedOver are parts of it.
type (
	Former     = former
	PassedOver = passedOver
)

// Load and Update read and change a record.
func (s Programs) Load(plugin string) (Record, bool, error) { return s.load(plugin) }

func (s Programs) Update(plugin string, change func(*Record)) error { return s.update(plugin, change) }

// Serves records what serves.
func (s Programs) Serves(p Plan, prog Program, version string) error {
	return s.serves(p, prog, wire.Description{Version: version})
}

// Candidates are what to try at a start of the gateway.
func (s Programs) Candidates(p Plan, r Record) ([]Program, error) {
	return s.candidates(p, r, slog.New(slog.DiscardHandler))
}

// PassOver gives a program up.
func (r *record) PassOver(sum, why string) { r.passOver(sum, why, time.Now()) }

// Fresh reports whether a file is taken up without being told to.
func (r record) Fresh(serving, file string) bool { return r.fresh(program{sha256: serving}, file) }

// Choose decides what to run.
func Choose(p Plan, r Record, fileSHA string) (file bool, kept string) {
	c := choose(p, r, fileSHA)
	return c.file, c.kept
}

// Diverted applies the paths of reloads.
func Diverted(plans []Plan, records map[string]Record) []Plan {
	return diverted(plans, func(name string) (record, bool) {
		r, ok := records[name]
		return r, ok
	})
}

// Drift words the difference between what runs and its file.
func Drift(p Plan, sum string, state State, r Record, fileSHA string, err error) string {
	return drift(p, program{sha256: sum}, state, r, fileSHA, err)
}

// Watcher watches files.
type Watcher = watcher

// NewWatcher watches dir and the programs of plans.
func NewWatcher(log *slog.Logger, dir string, plans ...Plan) *Watcher {
	w := &watcher{every: time.Second, log: log}
	w.expect(dir, plans, w.glance(dir))
	return w
}

// Look looks once.
func (w *watcher) Look() []string { return w.look() }

// Sums remembers hashes.
type Sums = sums

// NewSums remembers none yet. Its clock is ahead by that much.
func NewSums(ahead time.Duration) *Sums {
	c := newSums()
	c.now = func() time.Time { return time.Now().Add(ahead) }
	return c
}

// Answering has files hashed by hash, which is given that long.
func (c *sums) Answering(hurry time.Duration, hash func(string) (string, error)) {
	c.hash, c.hurry = hash, hurry
}

// Soon returns a hash, or that there is none in time.
func (c *sums) Soon(path string) (string, error) { return c.soon(path) }

// Of returns a hash, and whether it is remembered from here on.
func (c *sums) Of(path string) (sum string, remembered bool, err error) {
	sum, err = c.of(path)
	_, remembered = c.known[path]
	return sum, remembered, err
}

// Dir is the directory that is watched.
func (w *watcher) Dir() string { return w.dir }

// Changed waits for a change.
func (w *watcher) Changed(ctx context.Context) ([]string, error) { return w.changed(ctx) }
