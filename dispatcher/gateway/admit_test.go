package gateway_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/switchhook/switchhook/dispatcher/gateway"
	"github.com/switchhook/switchhook/sdk"
)

const forbidden = `{"ActionStatus":"FAIL","ErrorCode":1,"ErrorInfo":"Forbidden"}`

func TestCallbackReachesTheCoreAsItWasSent(t *testing.T) {
	t.Parallel()
	body := "{ \"MsgBody\":[\"<&>\"],\t\"CallbackCommand\":\"" + afterCommand + "\" }\n"
	r := start(t, func(o *gateway.Options) {
		o.Key = func(cb sdk.Callback) string { return "key of " + cb.Command }
	})
	if got := r.post(signedQuery(afterCommand), body); got.status != http.StatusOK || got.body != okBody {
		t.Fatalf("answered %d %s", got.status, got.body)
	}
	seen := r.callbacks()
	if len(seen) != 1 {
		t.Fatalf("%d callbacks reached the core", len(seen))
	}
	id, err := uuid.Parse(seen[0].ID)
	if err != nil || id.Version() != 7 || id.Variant() != uuid.RFC4122 {
		t.Errorf("ID %q is no UUIDv7: %v", seen[0].ID, err)
	}
	if seconds, _ := id.Time().UnixTime(); seconds != docNow().Unix() {
		t.Errorf("ID is of second %d, want %d", seconds, docNow().Unix())
	}
	want := sdk.Callback{
		ID: seen[0].ID, Key: "key of " + afterCommand, Command: afterCommand, AppID: signedApp,
		ClientIP: "203.0.113.7", Platform: "iOS", ReceivedAt: docNow(), Attempt: 1, Purpose: sdk.Live, Body: []byte(body),
	}
	if diff := cmp.Diff(want, seen[0]); diff != "" {
		t.Error(diff)
	}
}

// Whoever is let in learns the callback's id, whatever comes of it; a stranger learns
// nothing.
func TestAnswersNameTheCallback(t *testing.T) {
	t.Parallel()
	r := start(t, nil)
	if id := r.post(signedQuery(afterCommand), afterBody).header.Get(gateway.IDHeader); id == "" || id != r.callbacks()[0].ID {
		t.Errorf("the answer names %q", id)
	}
	for query, want := range map[string]bool{
		signedQuery(beforeCommand):                    true, // decided by policy
		signedQuery(afterCommand):                     true, // 400, by somebody who is known
		signedQuery("a%0Ab"):                          false,
		"SdkAppid=9&CallbackCommand=State.Change":     false,
		"Sign=" + docSign + "&RequestTime=" + docTime: false, // the console's probe is no callback
	} {
		got := r.post(query, "no JSON")
		if id := got.header.Get(gateway.IDHeader); (id != "") != want {
			t.Errorf("%d with the id %q to %s, want one: %t", got.status, id, query, want)
		}
	}
}

func TestKeyIsTheCommandsOwn(t *testing.T) {
	t.Parallel()
	r := start(t, nil)
	for _, query := range []string{signedQuery(afterCommand), signedQuery("New.CallbackUnlisted")} {
		r.post(query, `{"a":1}`)
		r.post(query, `{"a":2}`)
	}
	keys := make(map[string]bool)
	for _, cb := range r.callbacks() {
		keys[cb.Key] = true
		if !strings.HasPrefix(cb.Key, signedApp+"/"+cb.Command+"/") {
			t.Errorf("%s has key %q", cb.Command, cb.Key)
		}
	}
	if len(keys) != 4 {
		t.Errorf("keys of four different callbacks: %v", keys)
	}
}

func TestQueriesLetIn(t *testing.T) {
	t.Parallel()
	auth := "&Sign=" + docSign + "&RequestTime=" + docTime
	for name, query := range map[string]string{
		"as Tencent writes it":                   signedQuery(afterCommand),
		"with only what is needed":               "SdkAppid=" + signedApp + "&CallbackCommand=" + afterCommand + auth,
		"with the app key of the tables":         "SDKAppID=" + signedApp + "&CallbackCommand=" + afterCommand + auth,
		"with the app key of LiveKit":            "SdkAppId=" + signedApp + "&CallbackCommand=" + afterCommand + auth,
		"with every key in lower case":           strings.NewReplacer("SdkAppid", "sdkappid", "CallbackCommand=", "callbackcommand=", "Sign=", "sign=", "RequestTime", "requesttime").Replace(signedQuery(afterCommand)),
		"with further keys, some of them twice":  signedQuery(afterCommand) + "&New=1&New=2&=&x",
		"with percent-encoding":                  "SdkAppid=" + signedApp + "&CallbackCommand=Sns%2ECallbackBlackListAdd" + auth,
		"with a doubled hint":                    signedQuery(afterCommand) + "&ClientIP=198.51.100.1",
		"with a Sign in capitals":                strings.Replace(signedQuery(afterCommand), docSign, strings.ToUpper(docSign), 1),
		"signed with the second token":           strings.Replace(signedQuery(afterCommand), docSign, signOf(nextToken, docTime), 1),
		"signed a whole window ago":              strings.NewReplacer(docSign, signOf(docToken, "1669872052"), docTime, "1669872052").Replace(signedQuery(afterCommand)),
		"signed a whole window ahead":            strings.NewReplacer(docSign, signOf(docToken, "1669872172"), docTime, "1669872172").Replace(signedQuery(afterCommand)),
		"of an insecure app, without a Sign":     "SdkAppid=" + insecureApp + "&CallbackCommand=" + afterCommand,
		"of an insecure app, with a wrong Sign":  "SdkAppid=" + insecureApp + "&CallbackCommand=" + afterCommand + "&Sign=00&RequestTime=x",
		"with a client address nobody could use": signedQuery(afterCommand) + "&OptPlatform=" + strings.Repeat("x", 200),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, nil)
			if got := r.post(query, afterBody); got.status != http.StatusOK || got.body != okBody {
				t.Errorf("answered %d %s", got.status, got.body)
			}
			if seen := r.callbacks(); len(seen) != 1 || seen[0].Command != afterCommand {
				t.Errorf("the core got %v", seen)
			}
		})
	}
}

func TestQueriesKeptOutLookAlike(t *testing.T) {
	t.Parallel()
	good := signedQuery(afterCommand)
	change := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(good) }
	for name, tc := range map[string]struct{ query, reason string }{
		"an app that is not configured":            {change(signedApp, "1400000009"), "wrong_app_id"},
		"no app":                                   {change("SdkAppid="+signedApp, ""), "wrong_app_id"},
		"an unknown app and nothing else":          {"SdkAppid=1", "wrong_app_id"},
		"no Sign":                                  {change("Sign="+docSign, ""), "missing_signature"},
		"no RequestTime":                           {change("RequestTime="+docTime, ""), "missing_signature"},
		"a wrong Sign":                             {change("1777", "1778"), "bad_signature"},
		"half a Sign":                              {change(docSign, docSign[:32]), "bad_signature"},
		"a Sign that is no hex":                    {change(docSign, strings.Repeat("g", 64)), "bad_signature"},
		"a Sign of an empty token":                 {change(docSign, signOf("", docTime)), "bad_signature"},
		"another app's Sign":                       {change(docSign, signOf(otherToken, docTime)), "bad_signature"},
		"the Sign of another second":               {change(docTime, "1669872113"), "bad_signature"},
		"a good Sign a second too old":             {change(docSign, signOf(docToken, "1669872051"), docTime, "1669872051"), "stale_timestamp"},
		"a good Sign a second too early":           {change(docSign, signOf(docToken, "1669872173"), docTime, "1669872173"), "stale_timestamp"},
		"a stale time before a wrong Sign":         {change("1777", "1778", docTime, "1569872112"), "stale_timestamp"},
		"milliseconds":                             {change(docSign, signOf(docToken, docTime+"000"), docTime, docTime+"000"), "bad_timestamp"},
		"a time with a sign":                       {change(docSign, signOf(docToken, "+"+docTime), docTime, "%2B"+docTime), "bad_timestamp"},
		"a doubled Sign":                           {good + "&Sign=" + docSign, "bad_query"},
		"a Sign doubled in another spelling":       {good + "&sIGN=", "bad_query"},
		"a doubled RequestTime":                    {good + "&RequestTime=" + docTime, "bad_query"},
		"a doubled app":                            {good + "&SDKAppID=" + insecureApp, "bad_query"},
		"a doubled command":                        {good + "&CallbackCommand=" + beforeCommand, "bad_query"},
		"a broken escape":                          {good + "&x=%zz", "bad_query"},
		"a semicolon between keys":                 {good + "&x=1;Sign=2", "bad_query"},
		"an implausible command without a Sign":    {"SdkAppid=" + signedApp + "&CallbackCommand=%0A", "missing_signature"},
		"a probe without a Sign":                   {"", "missing_signature"},
		"a probe with a wrong Sign":                {"Sign=" + signOf("nobody's", docTime) + "&RequestTime=" + docTime, "bad_signature"},
		"a probe with a stale Sign":                {"Sign=" + signOf(docToken, "1") + "&RequestTime=1", "stale_timestamp"},
		"a probe with the Sign of no token at all": {"Sign=" + signOf("", docTime) + "&RequestTime=" + docTime, "bad_signature"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, nil)
			got := r.post(tc.query, afterBody)
			if got.status != http.StatusForbidden || got.body != forbidden {
				t.Errorf("answered %d %s", got.status, got.body)
			}
			r.wants(1, "switchhook_auth_failures_total", "reason="+tc.reason)
			r.wants(1, "switchhook_http_requests_total", "code=403", "method=POST")
			if n := len(r.callbacks()); n != 0 {
				t.Errorf("%d callbacks reached the core", n)
			}
		})
	}
}

func TestAppsAreReplacedAtOnce(t *testing.T) {
	t.Parallel()
	r := start(t, nil)
	r.gateway.SetApps([]gateway.App{
		{ID: signedApp, Tokens: []string{"rotated"}, Insecure: true},
		{ID: otherApp, Tokens: []string{""}},
	})
	for name, tc := range map[string]struct {
		query  string
		status int
	}{
		"the old token is out":                     {signedQuery(afterCommand), http.StatusForbidden},
		"the new one is in":                        {strings.Replace(signedQuery(afterCommand), docSign, signOf("rotated", docTime), 1), http.StatusOK},
		"a token is asked for, insecure or not":    {"SdkAppid=" + signedApp + "&CallbackCommand=" + afterCommand, http.StatusForbidden},
		"an empty token is none":                   {"SdkAppid=" + otherApp + "&CallbackCommand=a&RequestTime=" + docTime + "&Sign=" + signOf("", docTime), http.StatusForbidden},
		"an app that is gone is out, insecure too": {"SdkAppid=" + insecureApp + "&CallbackCommand=" + afterCommand, http.StatusForbidden},
	} {
		if got := r.post(tc.query, afterBody); got.status != tc.status {
			t.Errorf("%s: answered %d", name, got.status)
		}
	}
}

func TestAThousandCallbacksShareOneSign(t *testing.T) {
	t.Parallel()
	const callbacks, senders = 1000, 8
	r := start(t, nil)
	var wait sync.WaitGroup
	for range senders {
		wait.Go(func() {
			for range callbacks / senders {
				resp, err := r.client.Post("http://"+r.addr+"/?"+signedQuery(afterCommand), "", strings.NewReader(afterBody))
				if err != nil {
					t.Error(err)
					return
				}
				_ = resp.Body.Close()
				if resp.StatusCode != http.StatusOK {
					t.Errorf("answered %d", resp.StatusCode)
				}
			}
		})
	}
	wait.Wait()
	ids := make(map[string]bool)
	for _, cb := range r.callbacks() {
		ids[cb.ID] = true
	}
	if len(ids) != callbacks {
		t.Errorf("%d different callbacks, want %d", len(ids), callbacks)
	}
}

func TestConsoleProbe(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ method, query, body string }{
		"by POST with nothing else":          {http.MethodPost, "Sign=" + docSign + "&RequestTime=" + docTime, ""},
		"by GET":                             {http.MethodGet, "Sign=" + docSign + "&RequestTime=" + docTime, ""},
		"by HEAD":                            {http.MethodHead, "Sign=" + docSign + "&RequestTime=" + docTime, ""},
		"with a body that is no JSON":        {http.MethodPost, "Sign=" + docSign + "&RequestTime=" + docTime, "probe"},
		"with a Sign of another app's token": {http.MethodPost, "RequestTime=" + docTime + "&Sign=" + signOf(otherToken, docTime), "{}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, nil)
			got := r.send(tc.method, "/?"+tc.query, strings.NewReader(tc.body), nil)
			if got.status != http.StatusOK || (tc.method != http.MethodHead && got.body != okBody) {
				t.Errorf("answered %d %s", got.status, got.body)
			}
			r.wants(1, "switchhook_console_probes_total")
			if n := len(r.callbacks()); n != 0 {
				t.Errorf("%d callbacks reached the core", n)
			}
		})
	}
}

func TestProbeIsRefusedWhereNoTokenCanProveIt(t *testing.T) {
	t.Parallel()
	r := start(t, nil)
	r.gateway.SetApps([]gateway.App{{ID: insecureApp, Insecure: true}})
	if got := r.post("", "{}"); got.status != http.StatusForbidden {
		t.Errorf("answered %d to a probe without a Sign", got.status)
	}
	if got := r.post("Sign="+docSign+"&RequestTime="+docTime, "{}"); got.status != http.StatusForbidden {
		t.Errorf("answered %d to a probe with a Sign", got.status)
	}
	r.wants(0, "switchhook_console_probes_total")
}
