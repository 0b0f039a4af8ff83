package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"
)

const (
	// inboxPage is how many copies a page has that nobody gave a limit, and
	// maxInboxPage the most; with bodies a page has less.
	inboxPage       = 100
	maxInboxPage    = 1000
	maxInboxPageFat = 100
)

// noInbox is why nothing of an inbox is told.
func noInbox() error {
	return &refusal{http.StatusNotFound, errors.New("this gateway has no durable inbox")}
}

// inboxReads adds the reads of the inbox. Over TCP nothing is told that a plugin or a
// user chose, nor a path.
func (s *Server) inboxReads(router *mux.Router, public bool) {
	get := func(path string, read func(*http.Request) (any, error)) {
		router.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			result, err := read(r)
			if err == nil {
				answer(w, http.StatusOK, result)
				return
			}
			if special, ok := errors.AsType[*refusal](err); ok {
				refuse(w, special.code, err.Error())
				return
			}
			s.log.ErrorContext(r.Context(), "inbox not read", "path", r.URL.Path, "err", err)
			text := err.Error()
			if public {
				text = "the inbox cannot be read: the gateway's log says why"
			}
			refuse(w, http.StatusInternalServerError, text)
		}).Methods(http.MethodGet, http.MethodHead)
	}
	get(pathInbox, func(r *http.Request) (any, error) { return s.inboxStatus(r.Context(), public) })
	get(pathInboxEvents, func(r *http.Request) (any, error) { return s.inboxEvents(r, public) })
	get(pathInboxEvent, func(r *http.Request) (any, error) { return s.inboxEvent(r, public) })
}

func (s *Server) inboxStatus(ctx context.Context, public bool) (any, error) {
	if s.opts.Inbox == nil {
		return nil, noInbox()
	}
	status, err := s.opts.Inbox.Status(ctx)
	if err != nil {
		return nil, err
	}
	status.Lines, status.Subscriptions = slices.Clone(list(status.Lines)), slices.Clone(list(status.Subscriptions))
	for i := range status.Lines {
		status.Lines[i].Commands = list(status.Lines[i].Commands)
	}
	if public {
		redactInbox(&status)
	}
	return status, nil
}

// inboxEvents answers a page.
func (s *Server) inboxEvents(r *http.Request, public bool) (any, error) {
	if s.opts.Inbox == nil {
		return nil, noInbox()
	}
	query, err := readInboxQuery(r.URL.Query(), public)
	if err != nil {
		return nil, err
	}
	page, err := s.opts.Inbox.page(r.Context(), query)
	if err != nil {
		return nil, err
	}
	copies := slices.Clone(list(page.Copies))
	if public {
		redactCopies(copies)
	}
	return InboxList{Copies: copies, Next: page.Next.String()}, nil
}

// inboxEvent answers one event with all its copies.
func (s *Server) inboxEvent(r *http.Request, public bool) (any, error) {
	if s.opts.Inbox == nil {
		return nil, noInbox()
	}
	id, err := url.PathUnescape(mux.Vars(r)["id"])
	if err != nil {
		return nil, &refusal{http.StatusBadRequest, fmt.Errorf("read the event's id: %w", err)}
	}
	bodies, err := wantsBodies(r.URL.Query(), public)
	if err != nil {
		return nil, err
	}
	copies, err := s.opts.Inbox.copiesOf(r.Context(), id, bodies)
	if err != nil {
		return nil, err
	}
	if len(copies) == 0 {
		return nil, &refusal{http.StatusNotFound, fmt.Errorf("no event %q: it was never accepted, or is older than the retention", id)}
	}
	if public {
		redactCopies(copies)
	}
	detail := InboxDetail{InboxEvent: copies[0].InboxEvent}
	for _, c := range copies {
		detail.Copies = append(detail.Copies, c.InboxDelivery)
	}
	return detail, nil
}

// readInboxQuery reads the parameters of a list. One that nobody knows is a mistake:
// "comand" must not choose everything.
func readInboxQuery(values url.Values, public bool) (InboxQuery, error) {
	known := []string{
		"app", "command", "plugin", "id", "key", "since", "until", "status", "reason", "newest", "limit", "cursor", "bodies",
	}
	for name := range values {
		if !slices.Contains(known, name) {
			return InboxQuery{}, bad("no parameter %q: there are %s", name, strings.Join(known, ", "))
		}
	}
	q := InboxQuery{
		InboxFilter: InboxFilter{
			App: values.Get("app"), Command: values.Get("command"), Plugin: values.Get("plugin"),
			ID: values.Get("id"), Key: values.Get("key"), Reason: values.Get("reason"),
		},
		Limit: inboxPage,
	}
	for _, status := range values["status"] {
		q.States = append(q.States, strings.Split(status, ",")...)
	}
	if public && q.Key != "" {
		return InboxQuery{}, &refusal{http.StatusForbidden, errors.New("keys are told through the unix socket alone: <data_dir>/" + SocketName)}
	}
	if err := readInboxPlace(values, &q); err != nil {
		return InboxQuery{}, err
	}
	var err error
	if q.Bodies, err = wantsBodies(values, public); err != nil {
		return InboxQuery{}, err
	}
	if err := q.Check(); err != nil {
		return InboxQuery{}, bad("%w", err)
	}
	most := maxInboxPage
	if q.Bodies {
		most = maxInboxPageFat
	}
	q.Limit = min(q.Limit, most)
	return q, nil
}

// readInboxPlace reads times, order, limit and cursor.
func readInboxPlace(values url.Values, q *InboxQuery) (err error) {
	for name, into := range map[string]*time.Time{"since": &q.Since, "until": &q.Until} {
		if text := values.Get(name); text != "" {
			if *into, err = time.Parse(time.RFC3339, text); err != nil {
				return bad("%s: %w", name, err)
			}
		}
	}
	if q.Newest, err = readSwitch(values, "newest"); err != nil {
		return err
	}
	if text := values.Get("limit"); text != "" {
		if q.Limit, err = strconv.Atoi(text); err != nil || q.Limit < 1 {
			return bad("limit %q is no number from 1", text)
		}
	}
	if text := values.Get("cursor"); text != "" {
		if q.After, err = readCursor(text); err != nil {
			return bad("cursor %q is none that an answer gave", text)
		}
	}
	return nil
}

// wantsBodies reads whether bodies are asked for, which TCP never tells.
func wantsBodies(values url.Values, public bool) (bool, error) {
	bodies, err := readSwitch(values, "bodies")
	if bodies && public {
		return false, &refusal{http.StatusForbidden, errors.New("bodies are told through the unix socket alone: <data_dir>/" + SocketName)}
	}
	return bodies, err
}

func readSwitch(values url.Values, name string) (bool, error) {
	text := values.Get(name)
	if text == "" {
		return false, nil
	}
	on, err := strconv.ParseBool(text)
	if err != nil {
		return false, bad("%s: %q is neither true nor false", name, text)
	}
	return on, nil
}

// bad is what is wrong with a request.
func bad(format string, args ...any) error {
	return &refusal{http.StatusBadRequest, fmt.Errorf(format, args...)}
}
