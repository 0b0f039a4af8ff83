package app

import (
	"fmt"
	"slices"
	"time"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/pluginhost"
)

// degraded says what is wrong while callbacks are answered all the same.
func (a *App) degraded() []admin.Reason {
	var all []admin.Reason
	for _, problem := range a.dispatcher.Table().Problems() {
		all = append(all, admin.Reason{Kind: admin.ReasonRoute, Text: problem, Public: problem})
	}
	plugins := a.host.Status()
	all = append(all, a.brakeReasons(plugins)...)
	all = append(all, a.inboxReasons()...)
	for _, p := range plugins {
		all = append(all, pluginReasons(p)...)
	}
	return all
}

// pluginReasons says what is wrong with a plugin. What it said itself is for its own
// machine.
func pluginReasons(p pluginhost.Status) (all []admin.Reason) {
	add := func(kind admin.ReasonKind, state, why string) {
		reason := fmt.Sprintf("plugin %s is %s", p.Name, state)
		all = append(all, admin.Reason{
			Kind: kind, Text: reason + ": " + why, Public: reason + ": see `switchhook plugin ls` on the gateway's machine",
		})
	}
	if p.Debug && p.State != pluginhost.StateDisabled {
		add(admin.ReasonPluginDebug, "in debug", "it has no health checks, and its callbacks have "+dispatcher.DebugTimeout.String())
	}
	if p.Refused { // a file that is about to be taken up is nothing to wake anybody for
		add(admin.ReasonPluginDrift, "not what its file is", p.Drift)
	}
	switch p.State {
	case pluginhost.StateReady:
		if p.Unhealthy != "" {
			add(admin.ReasonPluginUnhealthy, "unhealthy", p.Unhealthy)
		} else if p.Ready < p.Wanted && down(p) {
			add(admin.ReasonPluginReplicas, fmt.Sprintf("served by %d of %d processes", p.Ready, p.Wanted), p.Error)
		}
	case pluginhost.StateDisabled, pluginhost.StateStarting:
	case pluginhost.StateBackoff:
		add(admin.ReasonPluginDown, "in backoff", p.Error)
	default:
		add(admin.ReasonPluginDown, string(p.State), p.Error)
	}
	return all
}

// down reports whether a process of the plugin is given up for now. One that is being
// replaced, or started again in a moment, is nothing to wake anybody for.
func down(p pluginhost.Status) bool {
	return slices.ContainsFunc(p.Replicas, func(r pluginhost.Replica) bool {
		return r.State == pluginhost.StateCrashLooping || r.State == pluginhost.StateFailed
	})
}

// brakeReasons says which brakes are in force. Who wanted them is for the gateway's own
// machine.
func (a *App) brakeReasons(plugins []pluginhost.Status) (all []admin.Reason) {
	for _, b := range a.bypasses.inForce(time.Now()) {
		reason := fmt.Sprintf("%s of %s is bypassed with %s until %s", b.Command, appOf(b), b.Decision, b.Until.Format(time.RFC3339))
		all = append(all, admin.Reason{
			Kind: admin.ReasonBypass, Public: reason,
			Text: fmt.Sprintf("%s, by %s: `switchhook route bypass '%s' --off` ends it", reason, b.By, b.Command),
		})
	}
	for _, p := range plugins {
		if slices.Contains(brakeNames(p), pluginhost.BrakeDisabled) {
			reason := fmt.Sprintf("plugin %s is disabled by an operator: `switchhook plugin enable %s` ends it", p.Name, p.Name)
			all = append(all, admin.Reason{Kind: admin.ReasonPluginDisabled, Text: reason, Public: reason})
		}
	}
	return all
}

func appOf(b admin.Bypass) string {
	if b.App == "" {
		return "every app"
	}
	return "app " + b.App
}
