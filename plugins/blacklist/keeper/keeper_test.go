package keeper_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/plugins/blacklist/keeper"
	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent/samples"
	"github.com/switchhook/switchhook/sdk/sdktest"
	"github.com/switchhook/switchhook/sdk/serve"
)

const (
	add    = "Sns.CallbackBlackListAdd"
	remove = "Sns.CallbackBlackListDelete"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 123456789, time.UTC)

// running is the plugin behind a real link, and its file.
type running struct {
	*sdktest.Link
	path string
}

func start(tb testing.TB, o sdktest.Options) *running {
	tb.Helper()
	o.DataDir = tb.TempDir()
	return &running{Link: sdktest.StartWith(tb, keeper.Plugin(), o), path: filepath.Join(o.DataDir, "blacklist.db")}
}

// handle delivers cb with more patience than Tencent's: a test machine is slow.
func (r *running) handle(cb sdk.Callback) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cb.AppID = sdktest.AppID
	reply, err := r.Deliver(ctx, cb)
	if err == nil && (reply.Code != 0 || reply.Info != "" || reply.Extra != nil) {
		return fmt.Errorf("got the reply %+v, want a plain OK", reply)
	}
	return err
}

func (r *running) reader(tb testing.TB) *sql.DB {
	tb.Helper()
	db, err := sql.Open("sqlite", "file:"+r.path+"?mode=ro")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	return db
}

// rows returns the table in short, such as "a>b blocked c1".
func (r *running) rows(tb testing.TB) []string {
	tb.Helper()
	found, err := r.reader(tb).QueryContext(context.Background(),
		`SELECT concat(from_account, '>', to_account, ' ', state, ' ', callback_id) FROM blacklist ORDER BY from_account, to_account`)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = found.Close() }()
	var all []string
	for found.Next() {
		var line string
		if err := found.Scan(&line); err != nil {
			tb.Fatal(err)
		}
		all = append(all, line)
	}
	if err := found.Err(); err != nil {
		tb.Fatal(err)
	}
	return all
}

func (r *running) empties(tb testing.TB) int {
	tb.Helper()
	var n int
	err := r.reader(tb).QueryRowContext(context.Background(), "SELECT coalesce(sum(deliveries), 0) FROM empty_callbacks").Scan(&n)
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

func TestBodies(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		command   string
		body      string
		malformed string // what the fault says; empty: none
		rows      []string
		empties   int
	}{
		"an addition blocks each pair":                              {add, `{"PairList":[{"From_Account":"a","To_Account":"b"},{"From_Account":"a","To_Account":"c"}]}`, "", []string{"a>b blocked c1", "a>c blocked c1"}, 0},
		"a removal leaves a tombstone, though no addition was seen": {remove, `{"PairList":[{"From_Account":"a","To_Account":"b"}]}`, "", []string{"a>b unblocked c1"}, 0},
		"a pair listed twice counts once":                           {add, `{"PairList":[{"From_Account":"a","To_Account":"b"},{"From_Account":"a","To_Account":"b"}]}`, "", []string{"a>b blocked c1"}, 0},
		"accounts may be numbers, of any size":                      {add, `{"PairList":[{"From_Account":9007199254740993,"To_Account":7}]}`, "", []string{"9007199254740993>7 blocked c1"}, 0},
		"keys that nobody knows are no hindrance":                   {add, `{"New":{},"PairList":[{"From_Account":"a","To_Account":"b","New":1}]}`, "", []string{"a>b blocked c1"}, 0},
		"an empty list of additions is counted":                     {add, `{"PairList":[]}`, "", nil, 1},
		"an empty list of removals is counted":                      {remove, `{"CallbackCommand":"x","PairList":[ ]}`, "", nil, 1},
		"a missing list is malformed":                               {add, `{}`, "no PairList", nil, 0},
		"null for a list is malformed":                              {add, `{"PairList":null}`, "no PairList", nil, 0},
		"a list under another name is malformed":                    {remove, `{"Pairs":[{"From_Account":"a","To_Account":"b"}]}`, "no PairList", nil, 0},
		"a list in another case is understood":                      {remove, `{"pairlist":[{"From_Account":"a","To_Account":"b"}]}`, "", []string{"a>b unblocked c1"}, 0},
		"a pair without From_Account spoils all":                    {add, `{"PairList":[{"From_Account":"a","To_Account":"b"},{"To_Account":"b"}]}`, "PairList[1] has no From_Account", nil, 0},
		"a pair without To_Account spoils all":                      {add, `{"PairList":[{"From_Account":"a"},{"From_Account":"a","To_Account":"b"}]}`, "PairList[0] has no To_Account", nil, 0},
		"an empty account is no account":                            {remove, `{"PairList":[{"From_Account":"a","To_Account":""}]}`, "PairList[0] has no To_Account", nil, 0},
		"null for an account is no account":                         {add, `{"PairList":[{"From_Account":null,"To_Account":"b"}]}`, "PairList[0] has no From_Account", nil, 0},
		"an account that is an object is malformed":                 {add, `{"PairList":[{"From_Account":{},"To_Account":"b"}]}`, "From_Account", nil, 0},
		"a body that is no JSON is malformed":                       {add, `PairList`, "invalid character", nil, 0},
		"a list that is a text is malformed":                        {add, `{"PairList":"a"}`, "PairList", nil, 0},
		"a single pair without its list is understood":              {add, `{"PairList":{"From_Account":"a","To_Account":"b"}}`, "", []string{"a>b blocked c1"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, sdktest.Options{})
			err := r.handle(sdk.Callback{ID: "c1", Command: test.command, ReceivedAt: noon, Body: []byte(test.body)})
			switch {
			case test.malformed == "" && err != nil:
				t.Errorf("got %v, want an OK", err)
			case test.malformed != "" && (err == nil || sdk.KindOf(err) != sdk.KindMalformed || !strings.Contains(err.Error(), test.malformed)):
				t.Errorf("got %v, want a malformed fault that says %q", err, test.malformed)
			}
			if diff := cmp.Diff(test.rows, r.rows(t)); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			if found := r.empties(t); found != test.empties {
				t.Errorf("%d empty callbacks counted, want %d", found, test.empties)
			}
		})
	}
}

func TestALateAdditionDoesNotUndoARemoval(t *testing.T) {
	t.Parallel()
	r := start(t, sdktest.Options{})
	body := []byte(`{"PairList":[{"From_Account":"a","To_Account":"b"}]}`)
	early := sdk.Callback{ID: "c1", Command: add, ReceivedAt: noon, Body: body}
	late := sdk.Callback{ID: "c2", Command: remove, ReceivedAt: noon.Add(time.Nanosecond), Body: body}
	again := early
	again.Attempt, again.Redelivered, again.Purpose = 2, true, sdk.Replay
	for _, cb := range []sdk.Callback{late, early, again} {
		if err := r.handle(cb); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"a>b unblocked c2"}, r.rows(t)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestADryRunChangesNothing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body string
		ok   bool
	}{
		"with pairs":        {`{"PairList":[{"From_Account":"a","To_Account":"b"}]}`, true},
		"with an empty one": {`{"PairList":[]}`, true},
		"and finds faults":  {`{"PairList":[{}]}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, sdktest.Options{})
			err := r.handle(sdk.Callback{ID: "c1", Command: add, ReceivedAt: noon, Purpose: sdk.DryRun, Body: []byte(test.body)})
			if (err == nil) != test.ok {
				t.Errorf("got %v", err)
			}
			if rows, empties := r.rows(t), r.empties(t); rows != nil || empties != 0 {
				t.Errorf("rows %v, %d empties, want none", rows, empties)
			}
		})
	}
}

func TestTheDocumentedBody(t *testing.T) {
	t.Parallel()
	r := start(t, sdktest.Options{})
	for _, command := range []string{add, remove} {
		if _, err := r.Send(context.Background(), command, nil); err != nil {
			t.Fatalf("%s: %v", command, err)
		}
		state := map[string]string{add: "blocked", remove: "unblocked"}[command]
		var n int
		err := r.reader(t).QueryRowContext(context.Background(), `SELECT count(*) FROM blacklist
			WHERE app = ? AND from_account = 'id' AND to_account IN ('id1', 'id2', 'id3') AND state = ? AND since LIKE '2___-__-__T__:__:__._________Z'
			AND client_ip = '203.0.113.7' AND platform = 'iOS' AND callback_id LIKE 'sdktest-%'`, sdktest.AppID, state).Scan(&n)
		if err != nil || n != 3 {
			t.Errorf("%s: %d of the 3 pairs are %s (%v):\n%s", command, n, state, err, strings.Join(r.rows(t), "\n"))
		}
	}
}

func TestTenThousandPairsInOneBody(t *testing.T) {
	t.Parallel()
	r := start(t, sdktest.Options{})
	const n = 10_000
	body := []byte(`{"PairList":[`)
	for i := range n {
		body = fmt.Appendf(body, `{"From_Account":"user-%05d","To_Account":"bob"},`, i)
	}
	body = append(body[:len(body)-1], "]}"...)
	if err := r.handle(sdk.Callback{ID: "c1", Command: add, ReceivedAt: noon, Body: body}); err != nil {
		t.Fatal(err)
	}
	if rows := r.rows(t); len(rows) != n || rows[n-1] != "user-09999>bob blocked c1" {
		t.Errorf("%d rows, want %d", len(rows), n)
	}
}

func TestLogsNameNoAccount(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	r := start(t, sdktest.Options{Logger: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	for i, body := range []string{
		`{"PairList":[{"From_Account":"SECRET1","To_Account":"SECRET2"}]}`,
		`{"PairList":[{"From_Account":"SECRET1"}]}`,
		`{"PairList":[]}`,
	} {
		err := r.handle(sdk.Callback{ID: fmt.Sprint("c", i), Command: add, ClientIP: "SECRET3", ReceivedAt: noon, Body: []byte(body)})
		if err != nil && strings.Contains(err.Error(), "SECRET") {
			t.Errorf("an error names an account: %v", err)
		}
	}
	if err := r.Close(); err != nil { // the log is at rest
		t.Fatal(err)
	}
	if text := log.String(); strings.Contains(text, "SECRET") || !strings.Contains(text, `"callback names no pair"`) {
		t.Errorf("the log names an account, or leaves the empty callback out:\n%s", text)
	}
}

func BenchmarkCallback(b *testing.B) {
	p := keeper.Plugin() // without the link, whose cost is its own
	if err := p.Start(b.Context(), serve.Env{DataDir: b.TempDir(), Logger: slog.New(slog.DiscardHandler)}); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = p.Close(context.Background()) })
	body, ok := samples.Request(add)
	if !ok {
		b.Fatal("no sample")
	}
	ctx := b.Context()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		cb := sdk.Callback{ID: "c", Command: add, AppID: sdktest.AppID, ReceivedAt: noon.Add(time.Duration(i)), Body: body}
		if _, err := p.Mux.Handle(ctx, cb); err != nil {
			b.Fatal(err)
		}
	}
}
