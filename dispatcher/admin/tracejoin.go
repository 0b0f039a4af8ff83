package admin

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/switchhook/switchhook/dispatcher/admin/recent"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// tracer joins what is remembered and what the inbox has, for one question.
type tracer struct {
	memory  *recent.Memory
	inbox   *Inbox // nil for none, or once it has failed
	problem error  // why it has failed
}

// find answers a question, for an id or a key.
func (t *tracer) find(ctx context.Context, of string, place tracePlace, limit int) (list []Trace, next *tracePlace) {
	if place == (tracePlace{}) {
		if story, known := t.story(ctx, of, nil); known {
			list = []Trace{story}
		}
	}
	if len(list) == 0 && !isID(of) { // a key never looks like an id, and a search for it would take its time
		matches := t.memory.Where(of, place.turn, recent.MaxSize)
		events := &keySearch{inbox: t.inbox, key: of, place: place}
		list, next = t.search(ctx, matches, events, place, limit)
	}
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	steps := t.memory.Steps(ids)
	for i := range list {
		list[i].Steps = slices.Concat([]recent.Step{}, steps[list[i].ID])
	}
	return list, next
}

// story is all that is known of one callback, but for its steps; seen is what is
// remembered of it, and nil where nobody has looked.
func (t *tracer) story(ctx context.Context, id string, seen *recent.Callback) (story Trace, known bool) {
	story = Trace{ID: id, Copies: []InboxDelivery{}}
	if seen == nil {
		if c, ok := t.memory.ByID(id); ok {
			seen = &c
		}
	}
	if seen != nil {
		known = true
		story.Key, story.App, story.Command = seen.Key, seen.App, seen.Command
		story.ReceivedAt, story.Edge = seen.ReceivedAt, &seen.Edge
	}
	if t.inbox == nil {
		return story, known
	}
	copies, err := t.inbox.copiesOf(ctx, id, false)
	if err != nil {
		t.fail(err)
		return story, known
	}
	for _, c := range copies {
		known = true
		story.Key, story.App, story.Command, story.ReceivedAt, story.Seq = c.Key, c.AppID, c.Command, c.ReceivedAt, c.Seq
		story.Copies = append(story.Copies, c.InboxDelivery)
	}
	return story, known
}

// fail is for an inbox that cannot be read: what is remembered is told all the same.
func (t *tracer) fail(err error) { t.inbox, t.problem = nil, err }

// search merges what is remembered with the events of the inbox, the latest first.
func (t *tracer) search(ctx context.Context, matches []recent.Match, events *keySearch, place tracePlace, limit int) (list []Trace, next *tracePlace) {
	if t.inbox == nil || place.ended {
		events = &keySearch{place: tracePlace{ended: true}}
	}
	if err := events.look(ctx, limit); err != nil {
		t.fail(err)
		events.found, events.place.ended = nil, true
	}
	m := &merge{matches: matches, events: events, place: place}
	m.matches = slices.DeleteFunc(m.matches, func(r recent.Match) bool { return events.has(r.Callback.ID) })
	for len(list) < limit && !m.over() {
		if m.paused() { // what is remembered may come behind what was not searched yet
			return list, &tracePlace{m.place.turn, events.place.seq, events.place.told, false}
		}
		if story, told := m.take(ctx, t); told {
			list = append(list, story)
		}
	}
	if m.over() {
		return list, nil
	}
	m.place.ended = len(events.found) == 0 && events.place.ended
	return list, &m.place
}

// merge is two lists, each with the latest first, and how far they have been told.
type merge struct {
	matches []recent.Match
	events  *keySearch
	place   tracePlace
}

func (m *merge) over() bool {
	return len(m.matches) == 0 && len(m.events.found) == 0 && m.events.place.ended
}

func (m *merge) paused() bool { return len(m.events.found) == 0 && !m.events.place.ended }

// take takes the later one; told is false for one that the inbox tells at its own place.
func (m *merge) take(ctx context.Context, t *tracer) (story Trace, told bool) {
	found := m.events.found
	if len(m.matches) > 0 && (len(found) == 0 || m.matches[0].Callback.ReceivedAt.After(found[0].ReceivedAt)) {
		r := m.matches[0]
		m.matches, m.place.turn = m.matches[1:], r.Turn
		story, _ = t.story(ctx, r.Callback.ID, &r.Callback)
		return story, m.events.key == "" || story.Seq == 0
	}
	m.events.found, m.place.seq, m.place.told = found[1:], found[0].Seq, true
	story, _ = t.story(ctx, found[0].ID, nil)
	return story, true
}

// keySearch looks for the events of a key, the latest first.
type keySearch struct {
	inbox *Inbox
	key   string
	found []InboxEvent
	place tracePlace // where it goes on
}

// look finds the next limit events. It may find fewer, and not have ended.
func (k *keySearch) look(ctx context.Context, limit int) error {
	if k.place.ended {
		return nil
	}
	query := InboxQuery{InboxFilter: InboxFilter{Key: k.key, Command: commandOf(k.key)}, Newest: true, After: k.place.cursor(), Limit: maxInboxPage}
	for end := time.Now().Add(traceBudget); ; {
		page, err := k.inbox.Events(ctx, query)
		if err != nil {
			return err
		}
		for _, c := range page.Copies {
			if k.place.told && c.Seq >= k.place.seq {
				continue // another copy of an event that was found
			}
			if len(k.found) == limit {
				return nil
			}
			k.found = append(k.found, c.InboxEvent)
			k.place.seq, k.place.told = c.Seq, true
		}
		switch {
		case page.Next == nil:
			k.place.ended = true
			return nil
		case !k.place.told || page.Next.Seq < k.place.seq:
			k.place.seq, k.place.told = page.Next.Seq, page.Next.Plugin != ""
		}
		if time.Now().After(end) {
			return nil
		}
		query.After = page.Next
	}
}

func (k *keySearch) has(id string) bool {
	return slices.ContainsFunc(k.found, func(e InboxEvent) bool { return e.ID == id })
}

// commandOf returns the command in a key, which is of the form app/command/hash; empty
// where that is none that is known, and so all have to be searched.
func commandOf(key string) string {
	_, rest, _ := strings.Cut(key, "/")
	command, _, _ := strings.Cut(rest, "/")
	if _, listed := imevent.Spec(command); listed {
		return command
	}
	return ""
}
