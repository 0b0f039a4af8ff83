package admin_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/admin"
)

var received = time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)

// copies are what the inbox of these tests holds: two of one event, and one whose
// body is no text.
func copies() []admin.InboxCopy {
	event := admin.InboxEvent{
		Seq: 7, ID: "id-7", Key: "hush-key", Command: "Sns.CallbackBlackListAdd", AppID: "1400000001",
		ClientIP: "203.0.113.9", Platform: "iOS", ReceivedAt: received, Body: admin.InboxBody("{\"hush\":\"\u2028<&>\"}\n"),
	}
	raw := event
	raw.Seq, raw.ID, raw.Body = 8, "id-8", admin.InboxBody("\xff\x00hush")
	return []admin.InboxCopy{
		{InboxEvent: event, InboxDelivery: admin.InboxDelivery{Plugin: "archive", State: "done", Purpose: "live", Attempts: 1}},
		{InboxEvent: event, InboxDelivery: admin.InboxDelivery{
			Plugin: "blacklist", State: "dead", Purpose: "live", Attempts: 3, FirstAt: received, LastAt: received, Reason: "poison", Error: "hush: it said",
		}},
		{InboxEvent: raw, InboxDelivery: admin.InboxDelivery{Plugin: "archive", State: "retry", Purpose: "replay", DueAt: received, Corrupt: true}},
	}
}

func inboxStatus() admin.InboxStatus {
	return admin.InboxStatus{
		State: admin.InboxFull, Problem: "write /hush/inbox.db: no space left on device", Since: received,
		Events: 2, SizeBytes: 10, MaxBytes: 20, DiskFreeBytes: -1,
		Cluster: &admin.InboxCluster{
			Prefix: "switchhook", Servers: []string{"tls://hush.internal:4222"}, Connected: true, Since: received, Server: "nats-1", Leader: "nats-2",
			LastError: "hush", Problem: "hush is away", Mark: 7, Last: 9, LagMS: 1.5, LogBytes: 5, LogMaxBytes: 6, SnapshotMark: 3, SnapshotAt: received, Claims: 2,
		},
		Loss: &admin.InboxLoss{At: received, Commits: 3, Detail: "hush", Aside: "/hush"},
		Lines: []admin.InboxLine{{
			Plugin: "blacklist", Commands: []string{"Sns.CallbackBlackListAdd"}, Ready: 1, Retry: 2, Dead: 3, InFlight: 1, Limit: 64,
			Oldest: received, Why: "it said hush", Until: received, LastError: "hush",
		}},
		Subscriptions: []admin.InboxSubscription{{Plugin: "gone", Pattern: "Sns.*", Since: received, Waiting: 4, Why: "hush"}},
	}
}

// pages answers queries from the copies, one a page, as a store may.
func pages(_ context.Context, q admin.InboxQuery) (admin.InboxPage, error) {
	for i, c := range copies() {
		past := q.After == nil || c.Seq > q.After.Seq || c.Seq == q.After.Seq && c.Plugin > q.After.Plugin
		if !past || q.ID != "" && c.ID != q.ID || q.Plugin != "" && c.Plugin != q.Plugin {
			continue
		}
		if !q.Bodies {
			c.Body = nil
		}
		page := admin.InboxPage{Copies: []admin.InboxCopy{c}}
		if i < len(copies())-1 {
			page.Next = &admin.InboxCursor{Seq: c.Seq, Plugin: c.Plugin}
		}
		return page, nil
	}
	return admin.InboxPage{}, nil
}

// inbox is a whole one, of which a test replaces what it is about.
func inbox() *admin.Inbox {
	return &admin.Inbox{
		Status: func(context.Context) (admin.InboxStatus, error) { return inboxStatus(), nil },
		Events: pages,
		Replay: func(context.Context, admin.InboxReplayOrder, func(admin.InboxReplayReport)) (admin.InboxReplayReport, error) {
			return admin.InboxReplayReport{Matched: 1, Queued: 1}, nil
		},
		Drop:   func(context.Context, admin.InboxFilter, admin.InboxProgress) (int64, error) { return 1, nil },
		Backup: func(context.Context, string, admin.InboxProgress) error { return nil },
		Check:  func(context.Context, admin.InboxProgress) ([]string, error) { return nil, nil },
		Move:   func(context.Context, string, string) (int, error) { return 5, nil },
		Unsubscribe: func(context.Context, string, string) (int, error) {
			return 6, nil
		},
		Backfill: func(context.Context, string, string, time.Time, admin.InboxProgress) (int64, error) { return 7, nil },
	}
}

// keeping returns options of a gateway with an inbox.
func keeping() admin.Options {
	o := options()
	o.Inbox = inbox()
	return o
}

func TestNewNamesTheInboxFuncThatIsMissing(t *testing.T) {
	t.Parallel()
	o := keeping()
	o.Inbox.Check = nil
	if _, err := admin.New(o); err == nil || !strings.Contains(err.Error(), "Inbox.Check") {
		t.Errorf("New: %v", err)
	}
}

func TestTheSocketTellsTheInboxInFull(t *testing.T) {
	t.Parallel()
	socket, _ := start(t, keeping())
	status, err := socket.Inbox(t.Context())
	if diff := cmp.Diff(inboxStatus(), status); err != nil || diff != "" {
		t.Errorf("status: %v (-want +got):\n%s", err, diff)
	}
	var all []admin.InboxCopy
	cursor := ""
	for more := true; more; more = cursor != "" {
		list, err := socket.InboxEvents(t.Context(), admin.InboxQuery{Bodies: true, Limit: 2}, cursor)
		if err != nil {
			t.Fatal(err)
		}
		all, cursor = append(all, list.Copies...), list.Next
	}
	if diff := cmp.Diff(copies(), all); diff != "" || cursor != "" {
		t.Errorf("page by page, then %q (-want +got):\n%s", cursor, diff)
	}
	detail, err := socket.InboxEvent(t.Context(), "id-7", true)
	want := admin.InboxDetail{InboxEvent: copies()[0].InboxEvent, Copies: []admin.InboxDelivery{copies()[0].InboxDelivery, copies()[1].InboxDelivery}}
	if diff := cmp.Diff(want, detail); err != nil || diff != "" {
		t.Errorf("one event: %v (-want +got):\n%s", err, diff)
	}
	if _, err := socket.InboxEvent(t.Context(), "id/9", false); !errors.Is(err, admin.ErrNoEvent) {
		t.Errorf("an event that is not there: %v", err)
	}
}

func TestABodyKeepsEveryByte(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"{\"a\":\"\u2028<\"}\n": `"{\"a\":\"\u2028\u003c\"}\n"`,
		"\ufffd\x00":            `"` + "\ufffd" + `\u0000"`,
		"half \xe6\xb6":         `{"base64":"aGFsZiDmtg=="}`,
	} {
		text, err := json.Marshal(admin.InboxBody(body))
		if err != nil || string(text) != want {
			t.Errorf("%q is written %s (%v), want %s", body, text, err, want)
		}
		var back admin.InboxBody
		if err := json.Unmarshal(text, &back); err != nil || string(back) != body {
			t.Errorf("%q comes back as %q (%v)", body, back, err)
		}
	}
	var back admin.InboxBody
	if err := json.Unmarshal([]byte(`7`), &back); err == nil {
		t.Error("a number passed for a body")
	}
}

// What a user or a plugin said, and where files lie, stays on the machine.
func TestTCPTellsTheInboxWithoutWordsOfOthers(t *testing.T) {
	t.Parallel()
	server := newServer(t, keeping())
	for _, path := range []string{"/api/v1/inbox", "/api/v1/inbox/events", "/api/v1/inbox/events?plugin=blacklist", "/api/v1/inbox/events/id-7"} {
		code, _, body := ask(t, server.Handler(), http.MethodGet, path, "localhost")
		if code != 200 || strings.Contains(body, "hush") || strings.Contains(body, "203.0.113") || !strings.Contains(body, `"blacklist"`) && !strings.Contains(body, `"archive"`) {
			t.Errorf("TCP answers %s with %d %s", path, code, body)
		}
		if _, _, body := ask(t, server.SocketHandler(), http.MethodGet, path, "localhost"); !strings.Contains(body, "hush") {
			t.Errorf("the socket conceals: %s", body)
		}
	}
	o := keeping()
	o.Inbox.Status = func(context.Context) (admin.InboxStatus, error) { return admin.InboxStatus{}, errors.New("hush") }
	server = newServer(t, o)
	if code, _, body := ask(t, server.Handler(), http.MethodGet, "/api/v1/inbox", "localhost"); code != 500 || strings.Contains(body, "hush") {
		t.Errorf("TCP: %d %s", code, body)
	}
	if code, _, body := ask(t, server.SocketHandler(), http.MethodGet, "/api/v1/inbox", "localhost"); code != 500 || !strings.Contains(body, "hush") {
		t.Errorf("socket: %d %s", code, body)
	}
}

func TestInboxQueries(t *testing.T) {
	t.Parallel()
	const events = "/api/v1/inbox/events"
	for name, tt := range map[string]struct {
		query       string
		socket, tcp int
		want        string
	}{
		"a parameter that nobody knows":  {"?comand=Sns.*", 400, 400, `no parameter \"comand\": there are app, command`},
		"a status that is none":          {"?status=lost", 400, 400, `no status \"lost\": there are ready`},
		"a reason that is none":          {"?reason=spite", 400, 400, `no reason \"spite\": there are permanent`},
		"a time that is none":            {"?since=yesterday", 400, 400, "since: "},
		"times the wrong way round":      {"?since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z", 400, 400, "is not before until"},
		"a limit that is none":           {"?limit=0", 400, 400, "no number from 1"},
		"a cursor of one's own":          {"?cursor=7", 400, 400, `cursor \"7\" is none`},
		"a cursor with a part missing":   {"?cursor=Nw", 400, 400, `is none that an answer gave`},
		"neither true nor false":         {"?newest=perhaps", 400, 400, "neither true nor false"},
		"bodies":                         {"?bodies=1", 200, 403, `"copies":`},
		"bodies of one event":            {"/id-7?bodies=1", 200, 403, `"copies":`},
		"a key":                          {"?key=k", 200, 403, `"copies":`},
		"everything else there is":       {"?app=1&command=Sns.*&since=2026-01-02T00:00:00Z&until=2026-01-03T00:00:00Z&status=done,dead&status=retry&reason=poison&newest=true&limit=5", 200, 200, `"copies":`},
		"one event that is not there":    {"/id-9", 404, 404, `no event \"id-9\"`},
		"one event whose id is no text":  {"/%ff", 404, 404, "no event"},
		"a change asked for as a read":   {"/../replay", 301, 301, ""},
		"a status of an event's bodies ": {"/id-7?bodies=perhaps", 400, 400, "neither true nor false"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newServer(t, keeping())
			for handler, want := range map[*http.Handler]int{new(server.SocketHandler()): tt.socket, new(server.Handler()): tt.tcp} {
				code, _, body := ask(t, *handler, http.MethodGet, events+tt.query, "localhost")
				if code != want || want != 403 && !strings.Contains(body, tt.want) {
					t.Errorf("%d %s, want %d with %s", code, body, want, tt.want)
				}
			}
		})
	}
}

func TestAQueryArrivesAsItWasAsked(t *testing.T) {
	t.Parallel()
	o := keeping()
	got := make(chan admin.InboxQuery, 1)
	o.Inbox.Events = func(_ context.Context, q admin.InboxQuery) (admin.InboxPage, error) {
		got <- q
		return admin.InboxPage{}, nil
	}
	socket, _ := start(t, o)
	want := admin.InboxQuery{
		InboxFilter: admin.InboxFilter{
			App: "1", Command: "Sns.*", Plugin: "a/b", ID: "i", Key: "k&=", Since: received, Until: received.Add(time.Hour),
			States: []string{"done", "dead"}, Reason: "poison",
		},
		Newest: true, After: &admin.InboxCursor{Seq: 9, Plugin: "x.y"}, Limit: 5000, Bodies: true,
	}
	list, err := socket.InboxEvents(t.Context(), want, "")
	if err != nil || list.Copies == nil {
		t.Fatalf("%+v, %v", list, err)
	}
	want.Limit = 8 // bodies are large, and are read a few at a time
	if diff := cmp.Diff(want, <-got); diff != "" {
		t.Errorf("(-asked +arrived):\n%s", diff)
	}
}

func TestAGatewayWithoutAnInboxSaysSo(t *testing.T) {
	t.Parallel()
	socket, _ := start(t, options())
	_, read := socket.Inbox(t.Context())
	_, list := socket.InboxEvents(t.Context(), admin.InboxQuery{}, "")
	_, show := socket.InboxEvent(t.Context(), "id", false)
	_, change := socket.InboxCheck(t.Context(), nil)
	for _, err := range []error{read, list, show, change} {
		if err == nil || !strings.Contains(err.Error(), "no durable inbox") || errors.Is(err, admin.ErrNoEvent) {
			t.Errorf("%v", err)
		}
	}
}
