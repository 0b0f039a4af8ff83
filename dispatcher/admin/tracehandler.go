package admin

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"github.com/switchhook/switchhook/dispatcher/admin/recent"
)

// traceReads adds what tells the story of a callback. Over TCP it is found by its id
// alone, and nothing is told that a plugin said.
func (s *Server) traceReads(router *mux.Router, public bool) {
	router.HandleFunc(pathTrace, func(w http.ResponseWriter, r *http.Request) {
		query, place, err := readTraceQuery(r.URL.Query(), public)
		if err != nil {
			refuse(w, codeOf(err), err.Error())
			return
		}
		t := &tracer{memory: s.opts.Recent, inbox: s.opts.Inbox}
		found, next := t.find(r.Context(), query.Of, place, query.Limit)
		result := TraceList{Callbacks: list(found), Remembered: s.opts.Recent.Reach()}
		if next != nil {
			result.Next = next.String()
		}
		if t.problem != nil {
			s.log.ErrorContext(r.Context(), "inbox not read", "path", r.URL.Path, "err", t.problem)
			result.InboxProblem = t.problem.Error()
		}
		if public {
			redactTraces(&result)
		}
		answer(w, http.StatusOK, result)
	}).Methods(http.MethodGet, http.MethodHead)
}

// codeOf is the status of a refusal.
func codeOf(err error) int {
	if special, ok := errors.AsType[*refusal](err); ok {
		return special.code
	}
	return http.StatusInternalServerError
}

func readTraceQuery(values url.Values, public bool) (q TraceQuery, place tracePlace, err error) {
	known := []string{"of", "limit", "cursor"}
	for name := range values {
		if !slices.Contains(known, name) {
			return q, place, bad("no parameter %q: there are %s", name, strings.Join(known, ", "))
		}
	}
	q = TraceQuery{Of: values.Get("of"), Limit: tracePage, Cursor: values.Get("cursor")}
	if q.Of == "" {
		return q, place, bad("of is missing: the id or the key of a callback")
	}
	if id, ok := idOfTrace(q.Of); ok {
		q.Of = id
	}
	if public && !isID(q.Of) {
		return q, place, &refusal{http.StatusForbidden, fmt.Errorf("over TCP a callback is found by its id alone; keys are told through the unix socket: <data_dir>/%s", SocketName)}
	}
	if text := values.Get("limit"); text != "" {
		if q.Limit, err = strconv.Atoi(text); err != nil || q.Limit < 1 {
			return q, place, bad("limit %q is no number from 1", text)
		}
		q.Limit = min(q.Limit, maxTracePage)
	}
	if q.Cursor != "" {
		if place, err = readTracePlace(q.Cursor); err != nil {
			return q, place, bad("cursor %q is none that an answer gave", q.Cursor)
		}
	}
	return q, place, nil
}

// isID reports whether text has the form of a callback's id, a UUID.
func isID(text string) bool {
	const dashes = 4
	return len(text) == 36 && strings.Count(text, "-") == dashes && isHex(strings.ReplaceAll(text, "-", ""))
}

// idOfTrace returns the callback's id where text is the id of its trace: the same
// without dashes.
func idOfTrace(text string) (id string, ok bool) {
	if len(text) != 32 || !isHex(text) {
		return "", false
	}
	return strings.Join([]string{text[:8], text[8:12], text[12:16], text[16:20], text[20:]}, "-"), true
}

func isHex(text string) bool {
	return strings.Trim(text, "0123456789abcdef") == ""
}

// traceElsewhere stands where TCP does not tell what a plugin said.
const traceElsewhere = "see `switchhook trace` on the gateway's machine"

// redactTraces takes what users and plugins said. The lists are the answer's own.
func redactTraces(l *TraceList) {
	if l.InboxProblem != "" {
		l.InboxProblem = "the inbox cannot be read: the gateway's log says why"
	}
	for i := range l.Callbacks {
		t := &l.Callbacks[i]
		t.Key = ""
		redactSteps(t.Steps)
		for j := range t.Copies {
			if t.Copies[j].Error != "" {
				t.Copies[j].Error = traceElsewhere
			}
		}
	}
}

func redactSteps(steps []recent.Step) {
	for i := range steps {
		if steps[i].Error != "" {
			steps[i].Error = traceElsewhere
		}
	}
}
