package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// ReloadOptions say how a plugin is reloaded.
type ReloadOptions struct {
	// Path is the new program, which must lie below the plugin directory; empty means
	// the one that the plugin has.
	Path string
	// DropClaims allows the new program to claim less than the old one.
	DropClaims bool
}

// Swap is what a change of one plugin came to.
type Swap struct {
	// Name is the plugin's; Path and SHA256 are the program that serves now, and
	// Version is its own word.
	Name, Path, SHA256, Version string
	// Before is the hash of the program that served before; empty where none did. It
	// is SHA256 where the program is the same.
	Before string
	// Replicas is the number of processes that serve.
	Replicas int
	// Added and Dropped are the patterns that are claimed now and were not before,
	// and the other way round.
	Added, Dropped []string
	// Warning is what did not go well although the change is made; mostly empty.
	Warning string
}

// UnknownError says that there is no plugin of that name.
type UnknownError struct {
	// Name is what was asked for, Known what there is.
	Name  string
	Known []string
}

// Error names the plugins that there are.
func (e *UnknownError) Error() string {
	if len(e.Known) == 0 {
		return fmt.Sprintf("no plugin %q: the gateway knows none", e.Name)
	}
	return fmt.Sprintf("no plugin %q: the gateway knows %s", e.Name, strings.Join(e.Known, ", "))
}

// Reload exchanges the processes of a plugin for new ones, of its program as the
// file is now or of another, without a lost callback. Where the program that serves
// is that file's already, nothing is done. The error says what was wrong with the
// new program; the old one serves then, and the file is passed over until it changes
// or is asked for again.
func (h *Host) Reload(ctx context.Context, name string, o ReloadOptions) (Swap, error) {
	return h.alter(ctx, name, func(old *deployment) (Swap, error) {
		p, err := h.planned(name)
		if err == nil {
			err = p.changeable()
		}
		if err == nil && o.Path != "" {
			p, err = h.moved(p, o.Path)
		}
		if err != nil {
			return Swap{}, err
		}
		next := h.deploy(p)
		if _, err := next.staged(); err != nil {
			return Swap{}, fmt.Errorf("plugin %s: %w", name, err)
		}
		if old.ready() > 0 && old.plan.same(p) && old.hash() == next.hash() {
			old.kick() // a process that waits for its restart need not wait
			return outcome(old, old), h.accept(name)
		}
		return h.replace(ctx, old, next, o.DropClaims)
	})
}

// Rollback is [Host.Reload] with the program that served before. The program that
// is passed over by it is not taken up again by itself, not by a start of the gateway
// either, until its file changes.
func (h *Host) Rollback(ctx context.Context, name string) (Swap, error) {
	return h.alter(ctx, name, func(old *deployment) (Swap, error) {
		if err := old.plan.changeable(); err != nil {
			return Swap{}, err
		}
		next, err := old.previous()
		if err != nil {
			return Swap{}, fmt.Errorf("roll back plugin %s: %w", name, err)
		}
		from := old.hash()
		done, err := h.replace(ctx, old, next, true)
		if err == nil {
			h.passOver(name, from, whyRolledBack)
		}
		return done, err
	})
}

// Restart exchanges the processes of a plugin for new ones of the same program; one
// that waits or has failed is tried again at once.
func (h *Host) Restart(ctx context.Context, name string) (Swap, error) {
	return h.alter(ctx, name, func(old *deployment) (Swap, error) {
		if err := old.plan.changeable(); err != nil {
			return Swap{}, err
		}
		if old.ready() > 0 {
			return h.replace(ctx, old, old.again(), true)
		}
		next := old.again()
		err := h.exchange(ctx, old, next, startReload)
		return outcome(old, next), err
	})
}

// Disable drains and stops a plugin until [Host.Enable], over starts of the gateway
// too. Its claims hold. Where that cannot be stored it is done all the same: a brake
// has to work on a full disk.
func (h *Host) Disable(ctx context.Context, name string) (Swap, error) {
	return h.alter(ctx, name, func(old *deployment) (Swap, error) {
		if old.plan.disabled {
			return Swap{}, fmt.Errorf("plugin %s is disabled already", name)
		}
		done := Swap{Name: name}
		if err := h.setDisabled(name, true); err != nil {
			done.Warning = fmt.Sprintf("a gateway that is started again would run plugin %s: %v", name, err)
		}
		p := old.plan
		p.disabled, p.braked = true, true
		err := h.carryOut(ctx, change{swaps: []swap{{old, h.deploy(p)}}})
		if err != nil {
			err = errors.Join(err, h.setDisabled(name, false))
		}
		return done, err
	})
}

// Enable ends [Host.Disable]. The error says why the plugin did not come up; it is
// tried again then.
func (h *Host) Enable(ctx context.Context, name string) (Swap, error) {
	return h.alter(ctx, name, func(old *deployment) (Swap, error) {
		switch {
		case !old.plan.disabled:
			return Swap{}, fmt.Errorf("plugin %s is not disabled", name)
		case !old.plan.braked:
			return Swap{}, old.plan.changeable()
		}
		p, err := h.planned(name)
		if err != nil {
			return Swap{}, err
		}
		warning := ""
		if err := h.setDisabled(name, false); err != nil {
			warning = fmt.Sprintf("a gateway that is started again would not run plugin %s: %v", name, err)
		}
		if p.braked {
			p.disabled, p.braked = p.switchedOff, false
		}
		next := h.deploy(p)
		err = h.exchange(ctx, old, next, startReload)
		if err == nil {
			err = p.changeable() // the brake is off, and something else may hold
		}
		h.changed()
		done := outcome(old, next)
		done.Warning = warning
		return done, err
	})
}

// changeable says why the plugin's processes cannot be exchanged for others.
func (p plan) changeable() error {
	switch {
	case p.braked:
		return fmt.Errorf("plugin %s is disabled: `switchhook plugin enable %[1]s` first", p.name)
	case p.disabled:
		return fmt.Errorf("plugin %s is disabled by the configuration: set plugins.%[1]s.enabled: true and reload it", p.name)
	case p.reattach != "":
		return fmt.Errorf("plugin %s is attached: start its process anew where it was started, and the gateway comes to it", p.name)
	default:
		return p.orphaned
	}
}

// alter makes a change of one plugin, when it is its turn.
func (h *Host) alter(ctx context.Context, name string, change func(*deployment) (Swap, error)) (Swap, error) {
	if err := h.begin(ctx, hostRunning, errIdle); err != nil {
		return Swap{}, err
	}
	defer h.end()
	old := h.running(name)
	if old == nil {
		err := &UnknownError{Name: name}
		for _, s := range h.Status() {
			err.Known = append(err.Known, s.Name)
		}
		return Swap{}, err
	}
	return change(old)
}

// replace exchanges one deployment for another, or says what is wrong with that and
// passes its program over.
func (h *Host) replace(ctx context.Context, old, next *deployment, dropClaims bool) (Swap, error) {
	return h.replaceBy(ctx, change{swaps: []swap{{old, next}}, dropClaims: dropClaims})
}

// replaceBy is replace by a change of one plugin.
func (h *Host) replaceBy(ctx context.Context, c change) (Swap, error) {
	old, next := c.swaps[0].old, c.swaps[0].new
	err := h.carryOut(ctx, c)
	if err == nil {
		return outcome(old, next), nil
	}
	refused := next.hash()
	if refused != "" && refused != old.hash() && ctx.Err() == nil && !errors.Is(err, errClosed) {
		h.passOver(old.plan.name, refused, whyRefused+": "+gist(err))
	}
	if now := h.running(old.plan.name); now.ready() > 0 {
		err = fmt.Errorf("%w; %s serves on", err, short(now.hash()))
	}
	return Swap{}, err
}

// gist is as much of an error as is kept of it, on one line.
func gist(err error) string {
	const limit = 300
	return clip(strings.Join(strings.Fields(err.Error()), " "), limit)
}

// outcome says what became of old.
func outcome(old, next *deployment) Swap {
	st := next.status()
	s := Swap{
		Name: st.Name, Path: st.Path, SHA256: st.SHA256, Version: st.Description.Version, Replicas: st.Ready,
		Added: missing(next.patterns(), old.patterns()), Dropped: missing(old.patterns(), next.patterns()),
	}
	if !old.unseen() {
		s.Before = old.hash()
	}
	return s
}

// planned returns what the configuration in force asks of the plugin.
func (h *Host) planned(name string) (plan, error) {
	plans, err := h.plans(h.dir, h.configs)
	if err != nil {
		return plan{}, err
	}
	for _, p := range plans {
		if p.name == name {
			return p, nil
		}
	}
	return plan{}, &UnknownError{Name: name}
}

// moved gives the plugin another program, which must be below the plugin directory
// and nobody else's.
func (h *Host) moved(p plan, path string) (plan, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return p, fmt.Errorf("find the program: %w", err)
	}
	dir, err := filepath.Abs(h.dir)
	if err != nil {
		return p, fmt.Errorf("find the plugin directory: %w", err)
	}
	if inside, err := filepath.Rel(dir, path); h.dir == "" || err != nil || !filepath.IsLocal(inside) {
		return p, fmt.Errorf("%s does not lie below the plugin directory %s: copy it to a folder there", path, dir)
	}
	for _, s := range h.Status() {
		if s.Path == path && s.Name != p.name {
			return p, fmt.Errorf("%s is the program of plugin %s: what lies in the plugin directory itself is a plugin of its own, "+
				"so put it into a folder there", path, s.Name)
		}
	}
	named := p.named()
	p.path, p.configured = path, ""
	if path != named {
		p.configured = named
	}
	return p, nil
}
