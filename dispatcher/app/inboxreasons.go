package app

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/inbox"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

const seeInbox = ": see `switchhook inbox status` on the gateway's machine"

// inboxReasons says what is wrong with the inbox. Dead letters are the operator's to
// deal with and no reason, and what waits for a plugin that is down has the plugin's.
func (a *App) inboxReasons() []admin.Reason {
	var look inboxLook
	b, err := a.opened()
	if err != nil {
		look.unopened = err
		return look.reasons()
	}
	look.apart, look.apartSince = a.apart()
	look.problem, look.full, look.since = b.Problem()
	look.status, look.silent = a.glance.take(b.Status)
	if look.silent == nil {
		look.orphans = a.waitingForNobody(look.status)
	}
	return look.reasons()
}

// inboxLook is what a health check finds out about the inbox.
type inboxLook struct {
	unopened error // why it is not open
	problem  string
	full     bool
	since    time.Time
	silent   error // why it does not say how it is
	// apart says why this gateway has no inbox in common with the others; empty where it
	// has, and where it shares none.
	apart      string
	apartSince time.Time
	status     inbox.Status
	orphans    map[string]int64 // what waits, by plugins that there are not
}

// reasons says what is wrong. Paths and the words of plugins are for the gateway's own
// machine.
func (l *inboxLook) reasons() (all []admin.Reason) {
	add := func(kind admin.ReasonKind, reason, detail string) {
		all = append(all, admin.Reason{Kind: kind, Text: reason + ": " + detail, Public: reason + seeInbox})
	}
	if l.unopened != nil {
		add(admin.ReasonInboxUnopened, "events are not accepted", l.unopened.Error())
	}
	if l.apart != "" {
		add(admin.ReasonInboxCluster, "the inbox that gateways share is out of reach since "+l.apartSince.UTC().Format(time.RFC3339), l.apart)
	}
	if l.problem != "" {
		kind := admin.ReasonInboxFailing
		if l.full {
			kind = admin.ReasonInboxFull
		}
		add(kind, "events are not accepted since "+l.since.UTC().Format(time.RFC3339), l.problem)
	}
	if l.silent != nil {
		add(admin.ReasonInboxSilent, "the inbox cannot be looked at", l.silent.Error())
	}
	if loss := l.status.Stats.Loss; loss != nil {
		add(admin.ReasonInboxLost, lossReason(loss), loss.Detail+"; the files are in "+loss.Aside)
	}
	for _, plugin := range slices.Sorted(maps.Keys(l.orphans)) {
		add(admin.ReasonInboxOrphaned, fmt.Sprintf("%s for plugin %s, and there is no such plugin", wait(l.orphans[plugin]), plugin),
			fmt.Sprintf("put its program into plugin_dir, or give them to another: `switchhook inbox subscriptions move %s OTHER`", plugin))
	}
	return all
}

func lossReason(loss *store.Loss) string {
	at := loss.At.UTC().Format(time.RFC3339)
	if loss.Left > 0 {
		return fmt.Sprintf("the log of the inbox is another, and what waited in the old one is not delivered (found %s)", at)
	}
	return fmt.Sprintf("the inbox was damaged, and accepted events are lost (found %s)", at)
}

func wait(n int64) string {
	if n == 1 {
		return "1 event waits"
	}
	return fmt.Sprintf("%d events wait", n)
}

// waitingForNobody counts what waits for plugins that nobody knows any more. Of the
// others the host says what is wrong.
func (a *App) waitingForNobody(status inbox.Status) map[string]int64 {
	standing := a.standing.Load()
	counts := make(map[string]int64)
	for _, line := range status.Lines {
		if n := line.Ready + line.Retry; n > 0 && !standing.has(line.Plugin) {
			counts[line.Plugin] += n
		}
	}
	return counts
}
