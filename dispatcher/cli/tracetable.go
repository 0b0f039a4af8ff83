package cli

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/admin/recent"
)

// traceTables prints callback after callback: its facts, and then its time line.
func traceTables(w io.Writer, callbacks []admin.Trace) error {
	for i, t := range callbacks {
		var text strings.Builder
		if i > 0 {
			text.WriteString("\n")
		}
		for _, fact := range [][2]string{
			{"id", t.ID}, {"app", t.App}, {"command", t.Command}, {"key", t.Key},
		} {
			if fact[1] != "" {
				fmt.Fprintf(&text, "%-10s %s\n", fact[0], fact[1])
			}
		}
		text.WriteString("\n")
		if _, err := io.WriteString(w, text.String()); err != nil {
			return err //nolint:wrapcheck // print wraps it for every table.
		}
		line := timeLine(t)
		rows := make([][]string, len(line))
		for i, m := range line {
			rows[i] = []string{millistamp(m.at), m.what, m.plugin, m.outcome, m.took, m.detail}
		}
		if err := printTable(w, []string{"AT", "WHAT", "PLUGIN", "OUTCOME", "TOOK", "DETAIL"}, rows); err != nil {
			return err
		}
	}
	return nil
}

// instant is a line of a time line. One without a time comes last.
type instant struct {
	at                                  time.Time
	what, plugin, outcome, took, detail string
}

// timeLine joins what happened at the edge, the attempts, and what the inbox has.
func timeLine(t admin.Trace) []instant {
	line := atTheEdge(t)
	for _, s := range t.Steps {
		line = append(line, instantOf(s))
	}
	for _, copied := range t.Copies {
		line = append(line, standing(copied))
	}
	slices.SortStableFunc(line, func(a, b instant) int {
		switch {
		case a.at.IsZero() == b.at.IsZero():
			return a.at.Compare(b.at)
		case a.at.IsZero():
			return 1
		default:
			return -1
		}
	})
	return line
}

// atTheEdge is what became of the request.
func atTheEdge(t admin.Trace) []instant {
	line := []instant{{at: t.ReceivedAt, what: "received"}}
	e := t.Edge
	if e == nil {
		return append(line, instant{at: t.ReceivedAt, what: "accepted", detail: "how it was answered is not remembered here"})
	}
	verified := "the Sign holds"
	if !e.Signed {
		verified = "no Sign is asked for: the app is insecure"
	}
	line = append(line, instant{at: t.ReceivedAt, what: "verified", detail: verified})
	answered := t.ReceivedAt.Add(time.Duration(e.Took))
	if e.Outcome == "accepted" && !duplicate(t) {
		accepted := instant{at: answered, what: "accepted", detail: "on disk, for " + oneOf(e.Plugins)}
		if len(t.Steps) > 0 && t.Steps[0].At.Before(answered) { // it is delivered before its sender hears of it
			accepted.at = t.Steps[0].At
		}
		line = append(line, accepted)
	}
	return append(line, instant{at: answered, what: "replied", outcome: e.Outcome, took: elapsed(e.Took), detail: replied(e)})
}

// duplicate reports whether an earlier callback was the same.
func duplicate(t admin.Trace) bool {
	return slices.ContainsFunc(t.Steps, func(s recent.Step) bool { return s.Kind == recent.KindDuplicate })
}

// replied says what the reply was, and who decided that.
func replied(e *recent.Edge) string {
	text := "HTTP " + strconv.Itoa(e.Status)
	if e.Status == http.StatusOK {
		text += ", ErrorCode " + strconv.Itoa(e.Code)
	}
	switch {
	case e.By == "plugin":
		text += ", as plugin " + strings.Join(e.Plugins, ", ") + " decided"
	case e.By == "policy":
		text += ", as on_failure decided, no plugin"
	case e.By == "bypass":
		text += ", as a bypass decided, no plugin"
	case e.Outcome == "unrouted":
		text += ", no plugin claims the command"
	case e.Failed:
		text += ", not handled"
	}
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return text
}

// instantOf is a remembered step.
func instantOf(s recent.Step) instant {
	if s.Kind == recent.KindDuplicate {
		return instant{at: s.At, what: s.Kind, detail: "accepted before, and not delivered again: switchhook trace KEY tells of both"}
	}
	what := s.Kind
	if s.Number > 0 {
		what += " " + strconv.Itoa(s.Number)
	}
	if s.Purpose != "" && s.Purpose != "live" {
		what += ", " + s.Purpose
	}
	return instant{at: s.At, what: what, plugin: s.Plugin, outcome: s.Outcome, took: elapsed(s.Took), detail: s.Error}
}

// standing is how a plugin's copy stands in the inbox.
func standing(d admin.InboxDelivery) instant {
	m := instant{at: d.LastAt, what: "in the inbox", plugin: d.Plugin, outcome: d.State}
	parts := []string{plural(d.Attempts, "attempt")}
	switch d.State {
	case "retry":
		m.at, m.what = d.DueAt, "next attempt due"
		parts = append(parts, d.Error)
	case "dead":
		m.what = "dead letter"
		parts = append(parts, d.Reason, d.Error)
	case "ready":
		m.at = time.Time{}
		parts = append(parts, "it waits for its turn, or for its plugin: switchhook inbox status says for what")
	}
	if d.Purpose != "live" {
		parts = append([]string{"as " + d.Purpose}, parts...)
	}
	if d.Corrupt {
		parts = append(parts, "CORRUPT")
	}
	m.detail = strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
	return m
}

// elapsed is how long something took, as exact as a reader wants it.
func elapsed(m recent.Millis) string {
	d := time.Duration(m)
	if d < 10*time.Millisecond {
		return d.Round(10 * time.Microsecond).String()
	}
	return d.Round(time.Millisecond).String()
}
