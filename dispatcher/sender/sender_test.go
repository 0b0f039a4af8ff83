package sender_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/gateway"
	"github.com/switchhook/switchhook/dispatcher/sender"
	"github.com/switchhook/switchhook/dispatcher/signature"
	"github.com/switchhook/switchhook/dispatcher/verdict"
)

const (
	token = "a-Secret-42"
	ok    = `{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}`
)

// post posts cb to handler, and waits for as long as the test may take.
func post(ctx context.Context, t *testing.T, cb sender.Callback, handler http.HandlerFunc) verdict.Answer {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	client := sender.NewClient(1, false)
	t.Cleanup(client.CloseIdleConnections)
	cb.URL = server.URL + "/im"
	return cb.Post(ctx, client, time.Minute)
}

func TestPostSignsAsItIsTold(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		signing sender.Signing
		token   string
		signed  bool // at all
		true    bool // with the token
		ago     time.Duration
	}{
		"as Tencent does":          {sender.Good, token, true, true, 0},
		"as Tencent does, unasked": {"", token, true, true, 0},
		"without a token":          {sender.Good, "", false, false, 0},
		"not at all":               {sender.None, token, false, false, 0},
		"with another token":       {sender.Wrong, token, true, false, 0},
		"two hours ago":            {sender.Stale, token, true, true, 2 * time.Hour},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var raw string
			var query url.Values
			before := time.Now()
			post(t.Context(), t, sender.Callback{App: "1", Command: "a.b", Token: tt.token, Signing: tt.signing}, func(_ http.ResponseWriter, r *http.Request) {
				raw, query = r.URL.RawQuery, r.URL.Query()
			})
			if query.Has("Sign") != tt.signed || query.Has("RequestTime") != tt.signed {
				t.Fatalf("signed is not %v: %s", tt.signed, raw)
			}
			if !tt.signed {
				return
			}
			if (query.Get("Sign") == signature.Sign(token, query.Get("RequestTime"))) != tt.true {
				t.Errorf("of the token is not %v: %s", tt.true, raw)
			}
			seconds, err := strconv.ParseInt(query.Get("RequestTime"), 10, 64)
			earliest, latest := before.Add(-tt.ago).Unix(), time.Now().Add(-tt.ago).Unix()
			if err != nil || seconds < earliest || seconds > latest {
				t.Errorf("RequestTime %d, %v; want one from %d to %d", seconds, err, earliest, latest)
			}
		})
	}
}

func TestPostSendsWhatTencentSends(t *testing.T) {
	t.Parallel()
	full := sender.Callback{App: "1400000001", Command: "State.StateChange", ClientIP: "127.0.0.1", Platform: "Web", Body: []byte("{}")}
	for want, cb := range map[string]sender.Callback{
		"POST /im?SdkAppid=1400000001&CallbackCommand=State.StateChange&contenttype=json&ClientIP=127.0.0.1&OptPlatform=Web application/json {}": full,
		"POST /im? application/json ": {}, // the console's probe, of an endpoint without a token
	} {
		var got string
		answer := post(t.Context(), t, cb, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			got = r.Method + " " + r.URL.Path + "?" + r.URL.RawQuery + " " + r.Header.Get("Content-Type") + " " + string(body)
			_, _ = io.WriteString(w, ok)
		})
		if got != want || answer.Status != http.StatusOK || string(answer.Body) != ok || answer.Err != nil {
			t.Errorf("got  %s, %+v\nwant %s", got, answer, want)
		}
	}
}

// Tencent follows no redirect: the answer is the redirect itself.
func TestPostReadsTheGatewaysNameOfTheCallback(t *testing.T) {
	t.Parallel()
	got := post(t.Context(), t, sender.Callback{App: "1", Command: "a.b"}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set(gateway.IDHeader, "id-1")
		_, _ = io.WriteString(w, ok)
	})
	if got.ID != "id-1" || got.Status != http.StatusOK || string(got.Body) != ok || got.Took <= 0 {
		t.Errorf("%+v", got)
	}
}

func TestPostFollowsNoRedirect(t *testing.T) {
	t.Parallel()
	var asked []string
	answer := post(t.Context(), t, sender.Callback{}, func(w http.ResponseWriter, r *http.Request) {
		if asked = append(asked, r.URL.Path); r.URL.Path == "/im" {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
			return
		}
		_, _ = io.WriteString(w, ok)
	})
	if answer.Status != http.StatusTemporaryRedirect || len(asked) != 1 {
		t.Errorf("asked %v, and took %d, %s for the answer", asked, answer.Status, answer.Body)
	}
}

// Who sees a Sign can forge callbacks for a minute.
func TestNobodyIsShownASign(t *testing.T) {
	t.Parallel()
	cb := sender.Callback{App: "1", Command: "a.b", Token: token}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	answer := post(over, t, cb, func(http.ResponseWriter, *http.Request) {})
	if answer.Err == nil || strings.Contains(answer.Err.Error(), "Sign=") {
		t.Errorf("the error shows the Sign: %v", answer.Err)
	}
	line := cb.Line(time.Unix(1700000000, 0))
	if want := "POST ?SdkAppid=1&CallbackCommand=a.b&contenttype=json&Sign=***&RequestTime=1700000000"; line != want {
		t.Errorf("got  %s\nwant %s", line, want)
	}
}

func TestForgedRequestsAreJudgedTheOtherWayRound(t *testing.T) {
	t.Parallel()
	answered, refused := verdict.Answer{Status: 200, Body: []byte(ok)}, verdict.Answer{Status: 403}
	for signing, says := range map[sender.Signing]string{
		sender.None:  "its Sign is missing",
		sender.Wrong: "its Sign is of another token",
		sender.Stale: "its RequestTime is 2h0m0s old",
	} {
		cb := sender.Callback{Command: "Sns.CallbackFriendAdd", Signing: signing}
		if v := cb.Judge(answered); v.Effect != verdict.EffectLetIn || !strings.HasSuffix(v.Meaning, says) {
			t.Errorf("%s, answered: %+v", signing, v)
		}
		if v := cb.Judge(refused); v.Effect != verdict.EffectTurnedAway || len(v.Flaws) > 0 {
			t.Errorf("%s, refused: %+v", signing, v)
		}
		if !cb.Complete() {
			t.Errorf("%s: a forged request lacks nothing", signing)
		}
	}
	good := sender.Callback{Command: "Sns.CallbackFriendAdd"}
	if v := good.Judge(answered); v.Effect != verdict.EffectAcknowledged {
		t.Errorf("a true one, answered: %+v", v)
	}
	if v := good.Judge(refused); v.Effect != verdict.EffectLost || good.Complete() {
		t.Errorf("a true one, refused: %+v", v)
	}
}
