package cli_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/switchhook/switchhook/dispatcher/admin"
)

// fakeInbox is what the inbox of a script holds, and what comes of changing it.
type fakeInbox struct {
	Status   admin.InboxStatus       `json:"status"`
	Copies   []admin.InboxCopy       `json:"copies"`
	Replay   admin.InboxReplayReport `json:"replay"`
	Dropped  int64                   `json:"dropped"`
	Changed  int64                   `json:"changed"`
	Problems []string                `json:"problems"`
	// Closed has every look at the events fail, as in a gateway that stops.
	Closed bool `json:"closed"`

	looked func() // called at every look at the events; nil for nobody
	// Later becomes the state of every copy that waits once somebody has looked.
	Later admin.InboxDelivery `json:"later"`
}

// keep is the inbox as the admin side reaches it.
func (g *gateway) keep() *admin.Inbox {
	return &admin.Inbox{
		Status: func(context.Context) (admin.InboxStatus, error) {
			g.mu.Lock()
			defer g.mu.Unlock()
			if g.inbox.Status.State == "" {
				return admin.InboxStatus{State: admin.InboxOK, DiskFreeBytes: -1}, nil
			}
			return g.inbox.Status, nil
		},
		Events: g.events,
		Replay: func(_ context.Context, o admin.InboxReplayOrder, report func(admin.InboxReplayReport)) (admin.InboxReplayReport, error) {
			report(admin.InboxReplayReport{Matched: 1})
			err := g.changed("replay", fmt.Sprintf("as %s rate=%d count=%t", o.Purpose, o.Rate, o.CountOnly), o.Filter)
			g.mu.Lock()
			defer g.mu.Unlock()
			report1 := g.inbox.Replay // plus in the client must not change this one
			report1.Skipped, report1.Outcomes = maps.Clone(report1.Skipped), maps.Clone(report1.Outcomes)
			return report1, err
		},
		Drop: func(_ context.Context, f admin.InboxFilter, progress admin.InboxProgress) (int64, error) {
			progress(1, 2)
			return g.inbox.Dropped, g.changed("drop", "", f)
		},
		Backup: func(_ context.Context, file string, progress admin.InboxProgress) error {
			progress(1, 2)
			if err := g.changed("backup", filepath.Base(file), admin.InboxFilter{}); err != nil {
				return err
			}
			return os.WriteFile(file, make([]byte, 3<<20), 0o600)
		},
		Check: func(_ context.Context, progress admin.InboxProgress) ([]string, error) {
			progress(1, 0)
			return g.inbox.Problems, g.changed("check", "", admin.InboxFilter{})
		},
		Move: func(_ context.Context, from, to string) (int, error) {
			return int(g.inbox.Changed), g.changed("move", from+" "+to, admin.InboxFilter{})
		},
		Unsubscribe: func(_ context.Context, plugin, pattern string) (int, error) {
			return int(g.inbox.Changed), g.changed("remove", plugin+" "+pattern, admin.InboxFilter{})
		},
		Backfill: func(_ context.Context, plugin, pattern string, since time.Time, _ admin.InboxProgress) (int64, error) {
			return g.inbox.Changed, g.changed("backfill", plugin+" "+pattern+" "+since.UTC().Format(time.RFC3339), admin.InboxFilter{})
		},
	}
}

// changed notes a change for `ordered`, or refuses it as the script says.
func (g *gateway) changed(what, details string, f admin.InboxFilter) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	line := strings.TrimSpace(what + " " + details)
	if filter, err := json.Marshal(f); err == nil && string(filter) != "{}" {
		line += " " + string(filter)
	}
	g.orders = append(g.orders, line)
	if g.refusal != "" {
		return errors.New(g.refusal)
	}
	return nil
}

// events answers two copies a page, so that whoever wants more has to go on.
func (g *gateway) events(_ context.Context, q admin.InboxQuery) (admin.InboxPage, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inbox.looked != nil {
		g.inbox.looked()
	}
	if g.inbox.Closed {
		return admin.InboxPage{}, errors.New("the inbox is closed")
	}
	matching := slices.DeleteFunc(slices.Clone(g.inbox.Copies), func(c admin.InboxCopy) bool { return !chooses(q, c) })
	if q.Newest {
		slices.Reverse(matching)
	}
	if q.After != nil {
		matching = slices.DeleteFunc(matching, func(c admin.InboxCopy) bool {
			way := cmp.Or(cmp.Compare(c.Seq, q.After.Seq), strings.Compare(c.Plugin, q.After.Plugin))
			return way == 0 || way < 0 != q.Newest
		})
	}
	page := admin.InboxPage{Copies: matching}
	if n := min(q.Limit, 2); len(matching) > n {
		page.Copies = matching[:n]
		page.Next = &admin.InboxCursor{Seq: matching[n-1].Seq, Plugin: matching[n-1].Plugin}
	}
	for i := range page.Copies {
		if !q.Bodies {
			page.Copies[i].Body = nil
		}
	}
	if q.ID != "" && g.inbox.Later.State != "" {
		g.settle()
	}
	return page, nil
}

// settle has what waits become what the script says.
func (g *gateway) settle() {
	copies := slices.Clone(g.inbox.Copies)
	for i, c := range copies {
		if c.State == "ready" || c.State == "retry" {
			copies[i].InboxDelivery = g.inbox.Later
			copies[i].Plugin = c.Plugin
		}
	}
	g.inbox.Copies = copies
}

func chooses(q admin.InboxQuery, c admin.InboxCopy) bool {
	family, isFamily := strings.CutSuffix(q.Command, "*")
	return (q.App == "" || q.App == c.AppID) &&
		(q.Command == "" || q.Command == c.Command || isFamily && strings.HasPrefix(c.Command, family)) &&
		(q.Plugin == "" || q.Plugin == c.Plugin) && (q.ID == "" || q.ID == c.ID) && (q.Key == "" || q.Key == c.Key) &&
		(q.Since.IsZero() || !c.ReceivedAt.Before(q.Since)) && (q.Until.IsZero() || c.ReceivedAt.Before(q.Until)) &&
		(len(q.States) == 0 || slices.Contains(q.States, c.State)) && (q.Reason == "" || q.Reason == c.Reason)
}

// fill is `inbox FILE`: what the inbox holds from now on.
func (g *gateway) fill(ts *testscript.TestScript, file string) {
	var inbox fakeInbox
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(file)), &inbox))
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inbox = inbox
}

// setID is `accepts ID`: what the answers call each callback.
func (g *gateway) setID(id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.id = id
}
