package admin_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/admin"
)

func TestLongWorkTellsHowFarItIs(t *testing.T) {
	t.Parallel()
	o := keeping()
	audits := make(chan admin.Audited, 1)
	o.Audit = func(_ context.Context, change admin.Audited) { audits <- change }
	orders := make(chan admin.InboxReplayOrder, 1)
	o.Inbox.Replay = func(_ context.Context, order admin.InboxReplayOrder, report func(admin.InboxReplayReport)) (admin.InboxReplayReport, error) {
		orders <- order
		report(admin.InboxReplayReport{Matched: 1})
		report(admin.InboxReplayReport{Matched: 2}) // too soon after the first to be told
		return admin.InboxReplayReport{Matched: 3, Queued: 2, Skipped: map[string]int64{"old": 1}}, nil
	}
	socket, tcp := start(t, o)
	order := admin.InboxReplayOrder{
		Filter:  admin.InboxFilter{Command: "Sns.*", Key: "hush", Since: received, States: []string{"done"}},
		Purpose: admin.PurposeReplay, Rate: 10,
	}
	var far []admin.InboxReplayReport
	report, err := socket.InboxReplay(t.Context(), order, func(r admin.InboxReplayReport) { far = append(far, r) })
	if diff := cmp.Diff(admin.InboxReplayReport{Matched: 3, Queued: 2, Skipped: map[string]int64{"old": 1}}, report); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if diff := cmp.Diff([]admin.InboxReplayReport{{Matched: 1}}, far); diff != "" {
		t.Errorf("progress (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(order, <-orders); diff != "" {
		t.Errorf("the order that arrived (-want +got):\n%s", diff)
	}
	audit := <-audits
	want := map[string]string{
		"command": "Sns.*", "key": "given", "since": "2026-01-02T03:04:05.000006Z", "status": "done", "purpose": "replay", "rate": "10",
	}
	if diff := cmp.Diff(want, audit.Args); diff != "" || audit.What != "inbox replay" || audit.Target != "Sns.*" || audit.Err != nil || audit.Peer.UID != os.Getuid() {
		t.Errorf("audited %+v (-want +got):\n%s", audit, diff)
	}
	if _, err := tcp.InboxReplay(t.Context(), order, nil); err == nil || !strings.Contains(err.Error(), "unix socket") {
		t.Errorf("over TCP: %v", err)
	}
}

func TestEveryChangeOfTheInboxArrives(t *testing.T) {
	t.Parallel()
	o := keeping()
	var did []string
	note := func(parts ...string) { did = append(did, strings.Join(parts, " ")) }
	o.Inbox.Drop = func(_ context.Context, f admin.InboxFilter, progress admin.InboxProgress) (int64, error) {
		note("drop", f.Plugin, strings.Join(f.States, ","))
		progress(1, 2)
		return 2, nil
	}
	o.Inbox.Backup = func(_ context.Context, file string, _ admin.InboxProgress) error {
		note("backup", filepath.Base(file))
		return os.WriteFile(file, []byte("12345"), 0o600)
	}
	o.Inbox.Check = func(context.Context, admin.InboxProgress) ([]string, error) { return []string{"event 7: bad sum"}, nil }
	o.Inbox.Move = func(_ context.Context, from, to string) (int, error) { note("move", from, to); return 5, nil }
	o.Inbox.Unsubscribe = func(_ context.Context, plugin, pattern string) (int, error) {
		note("remove", plugin, pattern)
		return 6, nil
	}
	o.Inbox.Backfill = func(_ context.Context, plugin, pattern string, since time.Time, _ admin.InboxProgress) (int64, error) {
		note("backfill", plugin, pattern, since.Format(time.RFC3339))
		return 7, nil
	}
	socket, _ := start(t, o)
	ctx, file := t.Context(), filepath.Join(t.TempDir(), "copy.db")
	var far []admin.InboxWork
	dropped, err1 := socket.InboxDrop(ctx, admin.InboxDropOrder{Filter: admin.InboxFilter{Plugin: "p"}}, func(w admin.InboxWork) { far = append(far, w) })
	backup, err2 := socket.InboxBackup(ctx, admin.InboxBackupOrder{File: file}, nil)
	check, err3 := socket.InboxCheck(ctx, nil)
	moved, err4 := socket.InboxMove(ctx, admin.InboxMoveOrder{From: "a", To: "b"})
	removed, err5 := socket.InboxUnsubscribe(ctx, admin.InboxSubscriptionOrder{Plugin: "a", Pattern: "Sns.*"})
	filled, err6 := socket.InboxBackfill(ctx, admin.InboxSubscriptionOrder{Plugin: "a", Pattern: "Sns.*", Since: received}, nil)
	if err := errors.Join(err1, err2, err3, err4, err5, err6); err != nil {
		t.Fatal(err)
	}
	if dropped.Dropped != 2 || backup.Bytes != 5 || backup.File != file || len(check.Problems) != 1 || moved.Copies != 5 || removed.Copies != 6 || filled.Copies != 7 {
		t.Error(dropped, backup, check, moved, removed, filled)
	}
	want := []string{"drop p dead", "backup copy.db", "move a b", "remove a Sns.*", "backfill a Sns.* 2026-01-02T03:04:05Z"}
	if diff := cmp.Diff(want, did); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]admin.InboxWork{{Done: 1, Total: 2}}, far); diff != "" {
		t.Errorf("progress (-want +got):\n%s", diff)
	}
	if _, err := socket.InboxBackup(ctx, admin.InboxBackupOrder{File: file}, nil); err == nil || !strings.Contains(err.Error(), "exists already") {
		t.Errorf("a backup over another file: %v", err)
	}
}

func TestOrdersThatCannotBeMeantAreRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		path, body string
		code       int
		want       string
	}{
		"a key that nobody knows":         {"replay", `{"fliter": {}}`, 400, "fliter"},
		"a replay without a purpose":      {"replay", `{}`, 422, "none of replay"},
		"a replay of what waits":          {"replay", `{"purpose": "replay", "filter": {"states": ["retry"]}}`, 422, "in state retry is not replayed"},
		"a replay of a state that's none": {"replay", `{"purpose": "replay", "filter": {"states": ["x"]}}`, 422, "no status"},
		"what is done as live":            {"replay", `{"purpose": "live", "filter": {"states": ["dead", "done"]}}`, 422, "only dead letters"},
		"anything as live":                {"replay", `{"purpose": "live"}`, 422, "only dead letters"},
		"a rate below nothing":            {"replay", `{"purpose": "replay", "rate": -1}`, 422, "less than 0"},
		"a drop of everything":            {"dead/drop", `{}`, 422, "every dead letter"},
		"a drop of what is done":          {"dead/drop", `{"filter": {"plugin": "p", "states": ["done"]}}`, 422, "only dead letters"},
		"a backup beside the gateway":     {"backup", `{"file": "copy.db"}`, 422, "not absolute"},
		"a move from nobody":              {"subscriptions/move", `{"to": "b"}`, 422, "name both"},
		"a move to where it is":           {"subscriptions/move", `{"from": "b", "to": "b"}`, 422, "has it already"},
		"a removal of nothing":            {"subscriptions/remove", `{"plugin": "b"}`, 422, "name both"},
		"a backfill of nothing":           {"subscriptions/backfill", `{"pattern": "b"}`, 422, "name both"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newServer(t, keeping())
			for want, handler := range map[int]http.Handler{tt.code: server.SocketHandler(), 403: server.Handler()} {
				rec := post(t, handler, "/api/v1/inbox/"+tt.path, tt.body)
				checkRefusal(t, rec.Code, rec.Body.String())
				if rec.Code != want || want != 403 && !strings.Contains(rec.Body.String(), tt.want) {
					t.Errorf("%d %s, want %d with %q", rec.Code, rec.Body, want, tt.want)
				}
			}
			if code, header, _ := ask(t, server.SocketHandler(), http.MethodGet, "/api/v1/inbox/"+tt.path, "localhost"); code != 405 || header.Get("Allow") != "POST" {
				t.Errorf("GET: %d, Allow %s", code, header.Get("Allow"))
			}
		})
	}
}

func post(t *testing.T, h http.Handler, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
	req.Host = "localhost"
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	return rec
}

func TestWorkThatFailsHalfwayTellsSoInItsLastLine(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ progress, want string }{
		"before anything was told": {"", "422"},
		"after some progress":      {`{"progress":{"done":3,"total":9}}` + "\n", "200"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := keeping()
			o.Inbox.Check = func(_ context.Context, progress admin.InboxProgress) ([]string, error) {
				if tt.progress != "" {
					progress(3, 9)
				}
				return nil, errors.New("disk on fire")
			}
			rec := post(t, newServer(t, o).SocketHandler(), "/api/v1/inbox/check", "")
			if got, want := rec.Body.String(), tt.progress+`{"error":"disk on fire"}`+"\n"; got != want {
				t.Errorf("%s, want %s", got, want)
			}
			socket, _ := start(t, o)
			if _, err := socket.InboxCheck(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "disk on fire") {
				t.Errorf("the client: %v", err)
			}
		})
	}
}

func TestProgressIsToldTenTimesASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := keeping()
		o.Inbox.Check = func(_ context.Context, progress admin.InboxProgress) ([]string, error) {
			for i := range int64(1000) {
				progress(i, 1000)
				<-time.After(time.Millisecond)
			}
			return nil, nil
		}
		rec := post(t, newServer(t, o).SocketHandler(), "/api/v1/inbox/check", "")
		if n := strings.Count(rec.Body.String(), `"progress"`); n != 10 || !strings.HasSuffix(rec.Body.String(), `{"result":{"problems":[]}}`+"\n") {
			t.Errorf("%d lines of progress in a second:\n%s", n, rec.Body)
		}
	})
}

func TestWorkEndsWhenItsClientGoes(t *testing.T) {
	t.Parallel()
	o := keeping()
	ended := make(chan error, 1)
	o.Audit = func(_ context.Context, change admin.Audited) { ended <- change.Err }
	o.Inbox.Check = func(ctx context.Context, progress admin.InboxProgress) ([]string, error) {
		progress(1, 2)
		<-ctx.Done()
		return nil, ctx.Err()
	}
	socket, _ := start(t, o)
	ctx, leave := context.WithCancel(t.Context())
	_, err := socket.InboxCheck(ctx, func(admin.InboxWork) { leave() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the client: %v", err)
	}
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the work ended with %v", err)
	}
}

func TestAnAnswerThatBreaksOffIsNoResult(t *testing.T) {
	t.Parallel()
	o := keeping()
	o.Inbox.Check = func(_ context.Context, progress admin.InboxProgress) ([]string, error) {
		progress(1, 2)
		panic(http.ErrAbortHandler) // as a gateway that is killed
	}
	socket, _ := start(t, o)
	if _, err := socket.InboxCheck(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "stopped before the work was done") {
		t.Errorf("%v", err)
	}
}

func TestAChangeOfASubscriptionThatIsNotThereIsToldApart(t *testing.T) {
	t.Parallel()
	o := keeping()
	none := admin.NotFound(errors.New("plugin blacklst has no subscription: not found"))
	o.Inbox.Move = func(context.Context, string, string) (int, error) { return 0, none }
	o.Inbox.Unsubscribe = func(context.Context, string, string) (int, error) { return 0, errors.New("the disk is full") }
	o.Inbox.Backfill = func(context.Context, string, string, time.Time, admin.InboxProgress) (int64, error) { return 0, none }
	socket, _ := start(t, o)
	_, moved := socket.InboxMove(t.Context(), admin.InboxMoveOrder{From: "blacklst", To: "b"})
	_, filled := socket.InboxBackfill(t.Context(), admin.InboxSubscriptionOrder{Plugin: "blacklst", Pattern: "*"}, nil)
	for _, err := range []error{moved, filled} {
		if !errors.Is(err, admin.ErrNotFound) || !strings.Contains(err.Error(), "plugin blacklst has no subscription") {
			t.Errorf("the client says %v", err)
		}
	}
	if _, err := socket.InboxUnsubscribe(t.Context(), admin.InboxSubscriptionOrder{Plugin: "p", Pattern: "*"}); err == nil || errors.Is(err, admin.ErrNotFound) {
		t.Errorf("another failure passes for that: %v", err)
	}
}
