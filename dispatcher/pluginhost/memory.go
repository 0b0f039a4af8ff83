package pluginhost

import (
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// What the host remembers of plugins over its own end, see record.

// remembered returns what is stored of a plugin. What cannot be read counts as
// nothing: the plugin's next start replaces it.
func (h *Host) remembered(name string, log *slog.Logger) record {
	r, _, err := h.store.load(name)
	if err != nil {
		log.Warn("stored description not used", "err", err)
		return record{}
	}
	return r
}

// recall is remembered for whoever has to tell the two apart.
func (h *Host) recall(name string) (record, bool) {
	r, known, err := h.store.load(name)
	return r, known && err == nil
}

// braked disables what an operator has disabled.
func (h *Host) braked(plans []plan) []plan {
	for i := range plans {
		p := &plans[i]
		if p.reattach == "" && h.heldDown(p.name) {
			p.disabled, p.braked = true, true
		}
	}
	return plans
}

// heldDown reports whether an operator has disabled the plugin. What is in force
// counts before what is stored, which a full disk may have kept from being so.
func (h *Host) heldDown(name string) bool {
	if d := h.running(name); d != nil && d.plan.orphaned == nil && (d.plan.braked || !d.plan.disabled) {
		return d.plan.braked
	}
	r, _ := h.recall(name)
	return !r.DisabledSince.IsZero()
}

// passOver has a program not taken up again by itself.
func (h *Host) passOver(name, sum, why string) {
	err := h.store.update(name, func(r *record) { r.passOver(sum, why, time.Now()) })
	if err != nil {
		h.options.Logger.Error("program that is passed over not stored: it may be taken up again", "plugin", name, "err", err)
	}
}

// accept ends that what serves was rolled back to: the operator has asked for what the
// file is now, and it is that.
func (h *Host) accept(name string) error {
	return h.store.update(name, (*record).accept)
}

// setDisabled stores that the plugin is not to run, or may run again.
func (h *Host) setDisabled(name string, disabled bool) error {
	return h.store.update(name, func(r *record) {
		r.DisabledSince = time.Time{}
		if disabled {
			r.DisabledSince = time.Now()
		}
	})
}

// remember stores what serves from now on, once for all processes.
func (d *deployment) remember(in *instance) {
	d.pool.Describe(in.description.Claims)
	d.pool.Shape(len(d.running()))
	d.pool.Limit(d.plan.maxInFlight, d.plan.maxWait)
	if d.plan.reattach != "" { // what is being written is not what is installed
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.remembered {
		return
	}
	d.remembered = true
	if d.stored.SHA256 != d.program.sha256 {
		d.pool.Pardon() // what ended another program may be borne by this one
	}
	if err := d.host.store.serves(d.plan, d.program, *in.description); err != nil {
		d.log.Error("description not stored: the plugin's claims would not outlive the gateway", "err", err)
	}
}

// again returns a deployment of the same plan and program. Where no process ever came
// up from it, the file is looked at anew: it may have been put right.
func (d *deployment) again() *deployment {
	next := d.host.deploy(d.plan)
	if _, may := d.mayRestage(); may {
		return next
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	next.choose(d.program)
	return next
}

var errNothingBefore = errors.New("no program served before the present one")

// previous returns a deployment of the program that served before.
func (d *deployment) previous() (*deployment, error) {
	r := d.host.remembered(d.plan.name, d.log)
	if r.Previous == nil {
		return nil, errNothingBefore
	}
	if why, given := r.passed(r.Previous.SHA256); given {
		return nil, fmt.Errorf("%s served before, and was given up because %s; `switchhook plugin reload %s` takes up what its file is now",
			short(r.Previous.SHA256), why.Why, d.plan.name)
	}
	if d.plan.pin != "" && d.plan.pin != r.Previous.SHA256 {
		return nil, fmt.Errorf("plugins.%s.sha256 pins %s, and %s served before: change the pin first",
			d.plan.name, short(d.plan.pin), short(r.Previous.SHA256))
	}
	prog, err := d.host.store.kept(d.plan.name, r.Previous.SHA256)
	if err != nil {
		return nil, err
	}
	prog.path = r.Previous.Path
	p := d.plan
	p.path, p.configured = prog.path, ""
	if named := d.plan.named(); named != p.path {
		p.configured = named
	}
	next := d.host.deploy(p)
	next.choose(prog)
	return next, nil
}

// drift says how what serves is not what the file is, and whether that stays so.
func (d *deployment) drift(state State) (says string, refused bool) {
	d.mu.Lock()
	prog := d.program
	d.mu.Unlock()
	if !d.plan.runs() || d.plan.reattach != "" || prog.sha256 == "" {
		return "", false
	}
	r, _ := d.host.recall(d.plan.name)
	sum, err := d.host.sums.soon(d.plan.path)
	return drift(d.plan, prog, state, r, sum, err), r.refuses(d.plan, prog, sum)
}

// outdated reports whether the file is another program than the one that serves, and
// not one that was given up. One that cannot be read is no reason to stop one that
// runs.
func (d *deployment) outdated() bool {
	d.mu.Lock()
	prog := d.program
	d.mu.Unlock()
	if d.plan.reattach != "" {
		return false
	}
	r, _ := d.host.recall(d.plan.name)
	sum, err := d.host.sums.of(d.plan.path)
	if err != nil {
		d.log.Warn("program of a running plugin cannot be read", "err", err)
	}
	return r.fresh(prog, sum)
}
