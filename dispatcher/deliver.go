package dispatcher

import (
	"context"
	"fmt"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// Deliver is one attempt to have plugin handle cb, for whoever keeps callbacks
// and tries again: it never queues, applies no policy and has a timeout of its
// own, [DefaultDeliveryTimeout] or for a plugin in debug [DebugTimeout], or ctx's
// where that is shorter.
//
// The error is a [sdk.Fault] whose kind says whether another attempt may help;
// a plugin that the table does not know is unavailable.
func (d *Dispatcher) Deliver(ctx context.Context, plugin string, cb sdk.Callback) (sdk.Reply, error) {
	table := d.table.Load()
	handler, known := table.plugins[plugin]
	if !known {
		return sdk.Reply{}, &sdk.Fault{Kind: sdk.KindUnavailable, Err: fmt.Errorf("deliver %s: no plugin %q", cb.Command, plugin)}
	}
	timeout := DefaultDeliveryTimeout
	if table.debugged[plugin] {
		timeout = DebugTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	t := table.targetOf(cb, plugin)
	if t == nil { // a copy that waited longer than its route lived
		label := labelOther
		if _, named := table.commands[cb.Command]; named {
			label = cb.Command
		}
		t = &target{plugin: plugin, handler: handler, deliveries: d.metrics.deliveriesOf(label, plugin)}
	}
	return d.attempt(ctx, imevent.ContractOf(cb.Command), t, cb, true)
}

// targetOf finds plugin among the targets of cb's route.
func (t *Table) targetOf(cb sdk.Callback, plugin string) *target {
	_, route := t.lookup(cb.AppID, cb.Command)
	if route == nil {
		return nil
	}
	for i := range route.targets {
		if route.targets[i].plugin == plugin {
			return &route.targets[i]
		}
	}
	return nil
}
