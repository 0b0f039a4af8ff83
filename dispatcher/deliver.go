package dispatcher

import (
	"context"
	"errors"
	"fmt"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// Deliver is one attempt to have plugin handle cb, for whoever keeps callbacks
// and tries again: it never queues, applies no policy, and ends at ctx's deadline,
// however far that is; where ctx has none, after [DefaultDeliveryTimeout]. Of a
// plugin in debug it ends after [DebugTimeout], whatever ctx's deadline.
//
// The error is a [sdk.Fault] whose kind says whether another attempt may help;
// a plugin that the table does not know is unavailable. It is the caller's to log, with
// what becomes of the callback: see [FailureOf]. Its text may repeat what cb's body says.
func (d *Dispatcher) Deliver(ctx context.Context, plugin string, cb sdk.Callback) (sdk.Reply, error) {
	table := d.table.Load()
	handler, known := table.plugins[plugin]
	if !known {
		return sdk.Reply{}, &sdk.Fault{Kind: sdk.KindUnavailable, Err: fmt.Errorf("deliver %s: no plugin %q", cb.Command, plugin)}
	}
	ctx, cancel := deliveryTime(ctx, table.debugged[plugin])
	defer cancel()
	contract := imevent.ContractOf(cb.Command)
	t := table.targetOf(cb, plugin)
	if t == nil { // a copy that waited longer than its route lived
		label := labelOther
		if _, named := table.commands[cb.Command]; named {
			label = cb.Command
		}
		t = &target{plugin: plugin, handler: handler, metrics: d.metrics.target(label, plugin, contract)}
	}
	return d.attempt(ctx, contract, t, cb, true)
}

// deliveryTime bounds a delivery where ctx does not.
func deliveryTime(ctx context.Context, debugged bool) (context.Context, context.CancelFunc) {
	if debugged {
		return untilDebugged(ctx)
	}
	if _, bounded := ctx.Deadline(); bounded {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, DefaultDeliveryTimeout)
}

// untilDebugged returns ctx with [DebugTimeout] in the place of its deadline. It still
// ends when ctx is cancelled before that deadline.
func untilDebugged(ctx context.Context) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithTimeout(context.WithoutCancel(ctx), DebugTimeout)
	stop := context.AfterFunc(ctx, func() {
		if errors.Is(ctx.Err(), context.Canceled) {
			cancel()
		}
	})
	return longer, func() { stop(); cancel() }
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
