package app

import (
	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/dispatcher/admin/recent"
	"github.com/switchhook/switchhook/dispatcher/gateway"
	"github.com/switchhook/switchhook/sdk"
)

// rememberAnswer is what is remembered of an answer at the edge.
func (a *App) rememberAnswer(x *gateway.Answered) {
	if a.recent == nil {
		return
	}
	reason := x.Rejected
	if reason == "" {
		reason = x.Result.Reason
	}
	edge := recent.Edge{
		Signed: x.Signed, Plugins: x.Result.Plugins, Outcome: x.Result.Outcome.String(), Reason: reason,
		By: x.Result.By.String(), Status: x.Status, Code: x.Result.Reply.Code, Failed: x.Result.Failed, Took: recent.Millis(x.Took),
	}
	cb := &x.Callback
	a.recent.Answered(recent.Callback{
		ID: cb.ID, Key: cb.Key, App: cb.AppID, Command: cb.Command, ReceivedAt: cb.ReceivedAt, Edge: edge,
	})
}

// attempted tells the memory of every attempt; nil where there is none.
func (a *App) attempted() func(dispatcher.Attempt) {
	if a.recent == nil {
		return nil
	}
	return func(t dispatcher.Attempt) {
		step := recent.Step{
			ID: t.Callback.ID, Kind: recent.KindAttempt, At: t.At, Plugin: t.Plugin, Number: t.Callback.Attempt,
			Purpose: t.Callback.Purpose.String(), Outcome: t.Outcome.String(), Took: recent.Millis(t.Took),
		}
		if t.Err != nil {
			step.Error = dispatcher.Discreet(t.Err, t.Callback).Error()
		}
		a.recent.Happened(step)
	}
}

// duplicate remembers that a callback was accepted before.
func (a *App) duplicate(cb sdk.Callback) {
	a.recent.Happened(recent.Step{ID: cb.ID, Kind: recent.KindDuplicate, At: cb.ReceivedAt})
}
