package app

import (
	"context"
	"time"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/dispatcher/admin"
)

// bypass begins or ends a bypass.
func (a *App) bypass(ctx context.Context, o admin.BypassOrder) (admin.BypassReport, error) {
	if a.life.state.Load() == draining {
		return admin.BypassReport{}, errGoing
	}
	a.change.Lock()
	defer a.change.Unlock()
	act := a.beginBypass
	if o.Off {
		act = a.endBypass
	}
	report, err := act(ctx, o)
	if err != nil {
		return admin.BypassReport{}, err
	}
	a.mustRoute(a.current())
	a.awaitExpiry()
	return report, nil
}

// beginBypass puts one in force even where it cannot be kept: a brake has to work on
// a full disk.
func (a *App) beginBypass(ctx context.Context, o admin.BypassOrder) (admin.BypassReport, error) {
	if err := a.checkBypass(o); err != nil {
		return admin.BypassReport{}, err
	}
	one := newBypass(ctx, o)
	replaced, err := a.bypasses.add(one)
	report := admin.BypassReport{Set: &one, Ended: replaced}
	if err != nil {
		report.Warning = "a gateway that is started again would not know of it: " + err.Error()
	}
	return report, nil
}

func (a *App) endBypass(_ context.Context, o admin.BypassOrder) (admin.BypassReport, error) {
	if err := a.checkEnd(o); err != nil {
		return admin.BypassReport{}, err
	}
	ended, err := a.bypasses.end(o.Command, o.App)
	report := admin.BypassReport{Ended: ended}
	if err != nil {
		report.Warning = "a gateway that is started again would take it up again until its time is over: " + err.Error()
	}
	return report, nil
}

func newBypass(ctx context.Context, o admin.BypassOrder) admin.Bypass {
	by := "somebody"
	if peer, ok := admin.PeerOf(ctx); ok {
		by = peer.String()
	}
	now := time.Now().UTC().Truncate(time.Millisecond) // what is shown is what is compared
	return admin.Bypass{
		Command: o.Command, App: o.App, Decision: o.Decision, Since: now, Until: now.Add(time.Duration(o.For)), By: by,
	}
}

// coreBypasses are those in force as the core knows them.
func (a *App) coreBypasses() []dispatcher.Bypass {
	var all []dispatcher.Bypass
	for _, b := range a.bypasses.inForce(time.Now()) {
		decision, err := dispatcher.ParseDecision(b.Decision)
		if err != nil {
			continue // none such is taken up
		}
		all = append(all, dispatcher.Bypass{Command: b.Command, App: b.App, Decision: decision, Until: b.Until})
	}
	return all
}

// bypassView is a route's bypass, with who wanted it; nil where none is in force.
func (a *App) bypassView(b *dispatcher.Bypass) *admin.Bypass {
	if b == nil {
		return nil
	}
	for _, one := range a.bypasses.inForce(time.Now()) {
		if one.Command == b.Command && one.App == b.App {
			return &one
		}
	}
	return nil
}
