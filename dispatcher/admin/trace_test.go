package admin_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/admin/recent"
)

const (
	traceKey = "1400000001/State.StateChange/hush-hash"
)

// callbackID is the id of the nth callback of a test.
func callbackID(n int) string { return fmt.Sprintf("0195f3a1-7c1e-7a3b-8f00-%012d", n) }

func receivedAt(n int) time.Time { return received.Add(time.Duration(n) * time.Second) }

// remembered is a memory of callbacks with one key.
func remembered(outcome string, ns ...int) *recent.Memory {
	m := recent.New(64)
	for _, n := range ns {
		m.Answered(recent.Callback{
			ID: callbackID(n), Key: traceKey, App: "1400000001", Command: "State.StateChange", ReceivedAt: receivedAt(n),
			Edge: recent.Edge{Signed: true, Plugins: []string{"one"}, Outcome: outcome, By: "plugin", Status: http.StatusOK},
		})
	}
	return m
}

// archive is an inbox with two copies of each of these events, that looks at span copies
// before it gives way.
func archive(span int, ns ...int) *admin.Inbox {
	var all []admin.InboxCopy
	for _, n := range ns {
		event := admin.InboxEvent{Seq: uint64(n + 1), ID: callbackID(n), Key: traceKey, Command: "State.StateChange", AppID: "1400000001", ReceivedAt: receivedAt(n)}
		for _, plugin := range []string{"one", "two"} {
			all = append(all, admin.InboxCopy{InboxEvent: event, InboxDelivery: admin.InboxDelivery{Plugin: plugin, State: "retry", Purpose: "live", Attempts: 1, Error: "hush"}})
		}
	}
	in := inbox()
	in.Events = func(_ context.Context, q admin.InboxQuery) (page admin.InboxPage, err error) {
		copies := slices.DeleteFunc(slices.Clone(all), func(c admin.InboxCopy) bool {
			return q.ID != "" && q.ID != c.ID || q.Key != "" && q.Key != c.Key || q.Command != "" && q.Command != c.Command
		})
		slices.SortFunc(copies, func(a, b admin.InboxCopy) int {
			return cmp.Or(cmp.Compare(b.Seq, a.Seq), cmp.Compare(a.Plugin, b.Plugin)) // the newest, as it is asked for
		})
		for i, c := range copies {
			if past := q.After; past != nil && (c.Seq > past.Seq || c.Seq == past.Seq && c.Plugin <= past.Plugin) {
				continue
			}
			if len(page.Copies) == min(span, q.Limit) {
				page.Next = &admin.InboxCursor{Seq: copies[i-1].Seq, Plugin: copies[i-1].Plugin}
				break
			}
			page.Copies = append(page.Copies, c)
		}
		return page, nil
	}
	return in
}

// tracing returns options of a gateway that remembers, and has an inbox or none.
func tracing(m *recent.Memory, in *admin.Inbox) admin.Options {
	o := options()
	o.Recent, o.Inbox = m, in
	return o
}

// asked is what a handler tells of the key.
func asked(t *testing.T, h http.Handler, limit int, cursor string) (list admin.TraceList) {
	t.Helper()
	path := fmt.Sprintf("/api/v1/trace?of=%s&limit=%d&cursor=%s", url.QueryEscape(traceKey), limit, cursor)
	_, _, body := ask(t, h, http.MethodGet, path, "localhost")
	if err := json.Unmarshal([]byte(body), &list); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return list
}

// told are the numbers of the callbacks in an answer.
func told(list admin.TraceList) (ns []int) {
	for _, t := range list.Callbacks {
		var n int
		_, _ = fmt.Sscanf(t.ID[24:], "%d", &n)
		ns = append(ns, n)
	}
	return ns
}

// Of a key everything is told once, the latest first, whatever the pages are.
func TestAKeyIsToldFromTheMemoryAndTheInboxPageByPage(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		memory, inbox []int
		outcome       string
		want          []int
	}{
		"what is in no inbox":                 {memory: []int{1, 2, 3, 4, 5}, outcome: "ok", want: []int{5, 4, 3, 2, 1}},
		"what is remembered no more":          {inbox: []int{1, 2, 3}, want: []int{3, 2, 1}},
		"what both have":                      {memory: []int{3, 4, 5}, inbox: []int{1, 2, 3, 4, 5}, outcome: "accepted", want: []int{5, 4, 3, 2, 1}},
		"duplicates between what was kept":    {memory: []int{2, 3, 5, 6}, inbox: []int{1, 3, 4, 6}, outcome: "accepted", want: []int{6, 5, 4, 3, 2, 1}},
		"a key that nobody knows":             {},
		"one that is older than the inbox":    {memory: []int{1}, inbox: []int{2}, outcome: "accepted", want: []int{2, 1}},
		"what is remembered alone, and later": {memory: []int{7, 8, 9}, inbox: []int{1}, outcome: "ok", want: []int{9, 8, 7, 1}},
	} {
		for _, span := range []int{1, 3, 100} {
			for _, limit := range []int{1, 2, 3, 50} {
				t.Run(fmt.Sprintf("%s, %d a page, %d a look", name, limit, span), func(t *testing.T) {
					t.Parallel()
					handler := newServer(t, tracing(remembered(tt.outcome, tt.memory...), archive(span, tt.inbox...))).SocketHandler()
					var got []int
					cursor := ""
					for more := true; more; more = cursor != "" {
						list := asked(t, handler, limit, cursor)
						if len(list.Callbacks) > limit || list.InboxProblem != "" {
							t.Fatalf("%d callbacks, %s", len(list.Callbacks), list.InboxProblem)
						}
						got, cursor = append(got, told(list)...), list.Next
						for _, c := range list.Callbacks {
							kept := slices.ContainsFunc(tt.inbox, func(n int) bool { return callbackID(n) == c.ID })
							seen := slices.ContainsFunc(tt.memory, func(n int) bool { return callbackID(n) == c.ID })
							if (len(c.Copies) == 2) != kept || (c.Seq > 0) != kept || (c.Edge != nil) != seen {
								t.Errorf("%+v; kept %t, seen %t", c, kept, seen)
							}
						}
					}
					if !slices.Equal(got, tt.want) {
						t.Errorf("told of %v, want %v", got, tt.want)
					}
				})
			}
		}
	}
}

// A callback's trace has its id, without dashes.
func TestACallbackIsFoundByItsTrace(t *testing.T) {
	t.Parallel()
	_, tcp := start(t, tracing(remembered("accepted", 1, 2), archive(100, 2)))
	list, err := tcp.Trace(t.Context(), admin.TraceQuery{Of: strings.ReplaceAll(callbackID(2), "-", "")})
	if err != nil || !slices.Equal(told(list), []int{2}) || len(list.Callbacks[0].Copies) != 2 {
		t.Errorf("%+v (%v)", list, err)
	}
}

// What an operator's own machine is told, others are not.
func TestOverTCPATraceTellsNothingThatAPluginSaid(t *testing.T) {
	t.Parallel()
	m := remembered("accepted", 1)
	m.Happened(recent.Step{ID: callbackID(1), Kind: recent.KindAttempt, Plugin: "one", Number: 1, Outcome: "failed", Error: "hush"})
	socket, tcp := start(t, tracing(m, archive(100, 1)))
	full, err := socket.Trace(t.Context(), admin.TraceQuery{Of: callbackID(1)})
	if err != nil || len(full.Callbacks) != 1 {
		t.Fatalf("%+v (%v)", full, err)
	}
	if c := full.Callbacks[0]; c.Key != traceKey || c.Steps[0].Error != "hush" || c.Copies[1].Error != "hush" {
		t.Errorf("the socket tells %+v", c)
	}
	public, err := tcp.Trace(t.Context(), admin.TraceQuery{Of: callbackID(1)})
	if err != nil || len(public.Callbacks) != 1 || public.Callbacks[0].Steps[0].Outcome != "failed" {
		t.Fatalf("%+v (%v)", public, err)
	}
	if text := fmt.Sprintf("%+v %+v", public, *public.Callbacks[0].Edge); strings.Contains(text, "hush") || !strings.Contains(text, "switchhook trace") {
		t.Errorf("TCP tells %s", text)
	}
	if _, err := tcp.Trace(t.Context(), admin.TraceQuery{Of: traceKey}); err == nil || !strings.Contains(err.Error(), "unix socket") {
		t.Errorf("a key over TCP: %v", err)
	}
	// The memory itself is not what was made smaller.
	if again, err := socket.Trace(t.Context(), admin.TraceQuery{Of: callbackID(1)}); err != nil || again.Callbacks[0].Steps[0].Error != "hush" {
		t.Errorf("%+v (%v)", again, err)
	}
}

// An inbox that cannot be read hides nothing of what is remembered.
func TestABrokenInboxLeavesWhatIsRemembered(t *testing.T) {
	t.Parallel()
	in := inbox()
	in.Events = func(_ context.Context, q admin.InboxQuery) (page admin.InboxPage, err error) {
		if q.ID == traceKey { // it breaks while the key is looked for
			return page, nil
		}
		return page, errors.New("open /hush: no such file")
	}
	socket, tcp := start(t, tracing(remembered("accepted", 1, 2), in))
	for _, of := range []string{callbackID(1), traceKey} {
		list, err := socket.Trace(t.Context(), admin.TraceQuery{Of: of})
		if err != nil || len(list.Callbacks) == 0 || !strings.Contains(list.InboxProblem, "/hush") {
			t.Errorf("%s: %+v (%v)", of, list, err)
		}
	}
	list, err := tcp.Trace(t.Context(), admin.TraceQuery{Of: callbackID(1)})
	if err != nil || list.InboxProblem == "" || strings.Contains(list.InboxProblem, "hush") {
		t.Errorf("over TCP: %+v (%v)", list, err)
	}
}

// Whoever mistypes an id does not wait for all of the inbox to be searched.
func TestAnIDIsNotLookedForAmongTheKeys(t *testing.T) {
	t.Parallel()
	in := inbox()
	in.Events = func(_ context.Context, q admin.InboxQuery) (page admin.InboxPage, err error) {
		if q.ID != callbackID(1) {
			t.Errorf("asked for %+v", q)
		}
		return page, nil
	}
	socket, _ := start(t, tracing(remembered("ok", 2), in))
	if list, err := socket.Trace(t.Context(), admin.TraceQuery{Of: callbackID(1)}); err != nil || len(list.Callbacks) > 0 {
		t.Errorf("%+v (%v)", list, err)
	}
}

// A search of a large inbox ends in time, and says how to go on; what is remembered keeps
// its place among what is found later.
func TestALongSearchIsMadeInParts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		in := archive(1, 1, 2, 3)
		quick := in.Events
		in.Events = func(ctx context.Context, q admin.InboxQuery) (admin.InboxPage, error) {
			if q.Key != "" {
				<-time.After(2 * time.Second)
			}
			return quick(ctx, q)
		}
		handler := newServer(t, tracing(remembered("ok", 0), in)).SocketHandler()
		var got []int
		cursor, parts := "", 0
		for more := true; more; more = cursor != "" {
			began := time.Now()
			list := asked(t, handler, 20, cursor)
			if took := time.Since(began); took > 6*time.Second {
				t.Errorf("a part takes %s", took)
			}
			got, cursor, parts = append(got, told(list)...), list.Next, parts+1
		}
		if !slices.Equal(got, []int{3, 2, 1, 0}) || parts < 2 {
			t.Errorf("told of %v in %d parts", got, parts)
		}
	})
}

func TestATraceRefusesWhatItDoesNotUnderstand(t *testing.T) {
	t.Parallel()
	server := newServer(t, tracing(nil, nil))
	for name, tt := range map[string]struct {
		query string
		code  int
		body  string
	}{
		"no callback":            {"", 400, "of is missing"},
		"a parameter":            {"id=1", 400, "no parameter"},
		"a limit of nought":      {"of=a&limit=0", 400, "limit"},
		"a cursor":               {"of=a&cursor=!", 400, "cursor"},
		"a cursor of the events": {"of=a&cursor=Mi5ibGFja2xpc3Q", 400, "cursor"},
		"nothing":                {"of=" + url.QueryEscape("../a b"), 200, `"callbacks":[]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, _, body := ask(t, server.SocketHandler(), http.MethodGet, "/api/v1/trace?"+tt.query, "localhost")
			if code != tt.code || !strings.Contains(body, tt.body) {
				t.Errorf("%d %s, want %d with %q", code, body, tt.code, tt.body)
			}
		})
	}
}
