package app_test

import (
	"database/sql"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite" // reads the plugin's table
)

// blockedPair is a row of the blacklist plugin's table, less its times.
type blockedPair struct{ App, From, To, State, IP, Platform string }

// blacklist reads the plugin's table.
func (r *rig) blacklist() []blockedPair {
	r.t.Helper()
	db, err := sql.Open("sqlite", "file:"+r.path("data/plugins/blacklist/data/blacklist.db")+"?mode=ro")
	if err != nil {
		r.t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // only read
	rows, err := db.QueryContext(r.t.Context(),
		"SELECT app, from_account, to_account, state, client_ip, platform FROM blacklist ORDER BY to_account")
	if err != nil {
		r.t.Fatal(err)
	}
	defer rows.Close() //nolint:errcheck // only read
	var pairs []blockedPair
	for rows.Next() {
		var p blockedPair
		if err := rows.Scan(&p.App, &p.From, &p.To, &p.State, &p.IP, &p.Platform); err != nil {
			r.t.Fatal(err)
		}
		pairs = append(pairs, p)
	}
	if err := rows.Err(); err != nil {
		r.t.Fatal(err)
	}
	return pairs
}

const threePairs = `{"CallbackCommand":"` + event + `","PairList":[` +
	`{"From_Account":"` + alice + `","To_Account":"` + bob + `1"},` +
	`{"From_Account":"` + alice + `","To_Account":"` + bob + `2"},` +
	`{"From_Account":"` + alice + `","To_Account":"` + bob + `3"}]}`

func TestMainJob(t *testing.T) {
	t.Parallel()
	r := durableRig(t, "")
	r.installBlacklist()
	r.start()

	got := r.post(r.query(shopApp, event, shopToken), []byte(threePairs))
	r.want("a signed callback", got, okReply)
	r.awaitMetric(delivered(event, "blacklist", "ok"), 1)
	pair := blockedPair{App: shopApp, From: alice, To: bob + "1", State: "blocked", IP: "192.0.2.1", Platform: "iOS"}
	second, third := pair, pair
	second.To, third.To = bob+"2", bob+"3"
	if diff := cmp.Diff([]blockedPair{pair, second, third}, r.blacklist()); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	r.wantMetric(outcome(event, "accepted"), 1)
	r.wantMetric(`switchhook_app_callbacks_total{app="`+shopApp+`",outcome="accepted"}`, 1)

	if code, said := r.ready(); code != http.StatusOK || len(said.Degraded) != 0 {
		t.Errorf("ready says %d %+v", code, said)
	}
	r.wantSaid("send", r.wantRun(0, "send", event), "POST http://"+r.listen+"/?SdkAppid="+shopApp, "Sign=***",
		"\n200 "+okReply+"\n", "goes to blacklist\n", "event acknowledged", "of Tencent's 2s")
	r.wantSaid("plugin ls", r.wantRun(0, "plugin", "ls"), "blacklist", "ready", event+", Sns.CallbackBlackListDelete")
	r.wantSaid("route ls", r.wantRun(0, "route", "ls"), shopApp, event, "blacklist", "claim")
	r.wantSaid("config check", r.wantRun(0, "config", "check", "switchhook.yaml"))
	r.wantSaid("config reload", r.wantRun(0, "config", "reload"), "nothing changed")
	r.wantMetric(outcome(event, "accepted"), 2)

	remove := strings.ReplaceAll(threePairs, "Add", "Delete")
	r.want("the removal", r.post(r.query(shopApp, "Sns.CallbackBlackListDelete", shopToken), []byte(remove)), okReply)
	r.awaitMetric(delivered("Sns.CallbackBlackListDelete", "blacklist", "ok"), 1)
	for _, row := range r.blacklist() {
		if row.From == alice && row.State != "unblocked" {
			t.Errorf("after the removal there is %+v", row)
		}
	}

	// A good day has nothing to warn of, to its end.
	r.stop()
	for _, level := range []string{`"level":"WARN"`, `"level":"ERROR"`} {
		if strings.Contains(r.log.String(), level) {
			t.Errorf("the log has a record of %s", level)
		}
	}
}

// Tencent signs the second, not the callback: all callbacks of one second carry
// one Sign.
func TestThousandCallbacksOfOneSecondShareASign(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("steady", "steady")
	r.start()
	const callbacks, senders = 1000, 16
	query := r.query(shopApp, event, shopToken)
	body := []byte(`{"CallbackCommand":"` + event + `"}`)
	var left, good atomic.Int64
	var bad sync.Map
	left.Store(callbacks)
	var running sync.WaitGroup
	for range senders {
		running.Go(func() {
			for left.Add(-1) >= 0 {
				if got := r.post(query, body); got.status == http.StatusOK && got.body == okReply {
					good.Add(1)
				} else {
					bad.Store(got.String(), nil)
				}
			}
		})
	}
	running.Wait()
	bad.Range(func(got, _ any) bool { t.Error(got); return true })
	if good.Load() != callbacks {
		t.Errorf("%d of %d were answered OK", good.Load(), callbacks)
	}
	r.wantMetric(outcome(event, "ok"), callbacks)
}

func TestStrangersGetNoFurther(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("steady", "steady")
	r.start()
	r.secret("a token of nobody")
	tests := map[string]struct{ app, token, reason string }{
		"another app":   {"1400000009", shopToken, "wrong_app_id"},
		"another token": {shopApp, "a token of nobody", "bad_signature"},
	}
	replies := make(map[string]bool)
	for name, tt := range tests {
		got := r.post(r.query(tt.app, event, tt.token), []byte(`{}`))
		if got.status != http.StatusForbidden || !json.Valid([]byte(got.body)) {
			t.Errorf("%s gets %d %s", name, got.status, got.body)
		}
		replies[got.body] = true
		r.wantMetric(`switchhook_auth_failures_total{reason="`+tt.reason+`"}`, 1)
	}
	if len(replies) != 1 {
		t.Errorf("the refusals differ, and tell a stranger why: %v", replies)
	}
	r.wantMetric(outcome(event, "ok"), 0)
}
