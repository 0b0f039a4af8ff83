package pluginhost

import (
	"context"
	"fmt"
)

// boot prepares what a plugin runs when the gateway starts: its file as it is now,
// or what served last where that file was given up. fallback is what to run if the
// first does not come up, or nil.
func (h *Host) boot(p plan) (first, fallback *deployment) {
	first = h.deploy(p)
	if !p.runs() || p.reattach != "" {
		return first, nil
	}
	programs, err := h.store.candidates(p, first.stored, first.log)
	if err != nil {
		return first, nil // its start finds the same, and says it as every start does
	}
	first.program = programs[0]
	if len(programs) > 1 {
		fallback = h.deploy(p)
		fallback.choose(programs[1])
	}
	return first, fallback
}

// booted waits for the first start of a plugin. Where it fails and something served
// before, that is started instead. The error is for a host that must not go on
// without the plugin.
func (h *Host) booted(ctx context.Context, d, fallback *deployment) error {
	err := d.cameUp(ctx)
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("wait for plugin %s: %w", d.plan.name, context.Cause(ctx))
	}
	if fallback != nil {
		h.passOver(d.plan.name, d.hash(), whyNoStart+": "+gist(err))
		d.log.ErrorContext(ctx, "new program did not come up: what served last is started instead",
			"err", err, "sha256", short(fallback.hash()), "refused", short(d.hash()))
		err = h.exchange(ctx, d, fallback, startBoot)
	}
	if err != nil && d.plan.onError == OnErrorAbort {
		return fmt.Errorf("plugins.%s.on_error is abort: %w", d.plan.name, err)
	}
	return nil
}
