package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/sdk/imevent"
)

const (
	// defaultWait is how long an event is followed: as long as one attempt may take.
	defaultWait = 30 * time.Second
	// The first look comes soon, since most copies are done within a millisecond; each
	// later one waits twice as long, up to the last.
	firstLook, lastLook = 10 * time.Millisecond, 500 * time.Millisecond
)

// checkWait looks at the flags of following.
func (f sendFlags) checkWait(given bool) error {
	switch {
	case f.wait <= 0:
		return errors.New("--wait has to be more than 0; --no-wait does not wait")
	case f.noWait && given:
		return errors.New("--wait and --no-wait are two: choose one")
	case f.count > 1 && given:
		return errors.New("--wait follows one event: leave out --count")
	default:
		return nil
	}
}

// followDeliveries waits for what the plugins make of an event that was accepted
// durably, notes it in r, and returns why it is not handled; nil where it is, or where
// there is nothing to follow. An event that the inbox does not have was answered by its
// plugins at once, and a gateway that was not asked for the way is not asked for more.
func (c *console) followDeliveries(ctx context.Context, r *sendReport, f sendFlags) error {
	if f.noWait || !r.OK || r.CallbackID == "" || r.Handlers == nil || imevent.PhaseOf(r.Command) == imevent.Before {
		return nil
	}
	var err error
	asked := c.ask(func(client *admin.Client) error {
		if r.Deliveries, err = settled(ctx, client, r.CallbackID, f.wait); errors.Is(err, admin.ErrNoEvent) {
			r.Duplicate, err = r.Outcome == "accepted", nil
		}
		if waiting := unsettled(r.Deliveries); len(waiting) > 0 {
			r.Waits = reasons(ctx, client, r.Command, waiting)
		}
		return nil
	})
	if err = errors.Join(asked, err); err != nil {
		err = fmt.Errorf("follow the event: %w; switchhook inbox events show %s shows what becomes of it", err, r.CallbackID)
	} else {
		err = r.fate(f.wait)
	}
	r.OK = err == nil
	return err
}

// settled returns the copies of an event once none of them waits, or as they are when
// the time is up; none where the gateway has no inbox, and an [admin.ErrNoEvent] where
// it keeps no such event.
func settled(ctx context.Context, client *admin.Client, id string, wait time.Duration) ([]admin.InboxDelivery, error) {
	late := time.NewTimer(wait)
	defer late.Stop()
	for pause := firstLook; ; pause = min(2*pause, lastLook) {
		detail, err := client.InboxEvent(ctx, id, false)
		switch {
		case errors.Is(err, admin.ErrNoInbox):
			return nil, nil
		case err != nil:
			return nil, err
		case len(unsettled(detail.Copies)) == 0:
			return detail.Copies, nil
		}
		next := time.NewTimer(pause)
		select {
		case <-next.C:
		case <-late.C:
			next.Stop()
			return detail.Copies, nil
		case <-ctx.Done():
			next.Stop()
			return detail.Copies, errors.New("interrupted")
		}
	}
}

// unsettled are the copies whose delivery is still to come.
func unsettled(copies []admin.InboxDelivery) []admin.InboxDelivery {
	return slices.DeleteFunc(slices.Clone(copies), func(d admin.InboxDelivery) bool { return d.State != "ready" && d.State != "retry" })
}

// reasons says of plugins what their copies wait for, as far as the gateway knows.
func reasons(ctx context.Context, client *admin.Client, command string, waiting []admin.InboxDelivery) map[string]string {
	why := make(map[string]string)
	for _, d := range waiting {
		why[d.Plugin] = whyNot(d)
	}
	status, err := client.Inbox(ctx)
	if err != nil { // the copies' own word has to do
		return why
	}
	for _, line := range status.Lines {
		if _, waits := why[line.Plugin]; waits && slices.Contains(line.Commands, command) && line.Why != "" {
			why[line.Plugin] = waitsFor(line)
		}
	}
	return why
}

// fate is why the event is not handled, or nil.
func (r *sendReport) fate(wait time.Duration) error {
	var dead []string
	for _, d := range r.Deliveries {
		if d.State == "dead" || d.State == "dropped" {
			dead = append(dead, d.Plugin+" ("+d.Reason+")")
		}
	}
	switch {
	case len(dead) > 0:
		return fmt.Errorf("the event is a dead letter of %s; switchhook inbox dead show %s shows why", strings.Join(dead, ", "), r.CallbackID)
	case len(r.Waits) > 0:
		return fmt.Errorf("the event still waits after %s, for %s; switchhook inbox events show %s shows what becomes of it",
			wait, strings.Join(slices.Sorted(maps.Keys(r.Waits)), ", "), r.CallbackID)
	default:
		return nil
	}
}

// writeDeliveries puts into words what became of an event that was accepted.
func (r *sendReport) writeDeliveries(w io.Writer) error {
	var text strings.Builder
	if r.Duplicate {
		text.WriteString("the inbox keeps no copy of it: it is a duplicate of an event that was accepted before\n")
	}
	for _, d := range r.Deliveries {
		attempts := plural(d.Attempts, "attempt")
		switch {
		case d.State == "done":
			fmt.Fprintf(&text, "%s has handled it, at the %s\n", d.Plugin, ordinal(d.Attempts))
		case len(unsettled([]admin.InboxDelivery{d})) > 0:
			fmt.Fprintf(&text, "%s has NOT handled it yet, after %s: %s\n", d.Plugin, attempts, orUnknown(r.Waits[d.Plugin]))
		default:
			fmt.Fprintf(&text, "%s has given it up after %s: %s\n", d.Plugin, attempts, orUnknown(whyNot(d)))
		}
	}
	if _, err := io.WriteString(w, text.String()); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

func ordinal(n int) string {
	if n <= 1 {
		return "first attempt"
	}
	return fmt.Sprintf("attempt number %d", n)
}

func orUnknown(why string) string {
	if why == "" {
		return "nobody says why"
	}
	return why
}
