package gateway_test

import (
	"net/http"
	"strconv"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/gateway"
)

const skewSeries = "switchhook_request_clock_skew_seconds"

// signedAt is the query of an app's callback that was signed some seconds away from
// the clock of the tests.
func signedAt(app, token string, offset int) string {
	at := strconv.FormatInt(docNow().Unix()+int64(offset), 10)
	return "SdkAppid=" + app + "&CallbackCommand=" + afterCommand + "&Sign=" + signOf(token, at) + "&RequestTime=" + at
}

// The clocks' difference is that of the latest request of somebody who has a token.
func TestClockSkewIsReadFromRightSigns(t *testing.T) {
	t.Parallel()
	type request struct {
		query string
		code  int
		skew  float64 // after it
	}
	probe := "Sign=" + signOf(nextToken, "1669872107") + "&RequestTime=1669872107"
	for name, requests := range map[string][]request{
		"a request in time": {
			{signedAt(signedApp, docToken, -7), http.StatusOK, -7},
			{signedAt(otherApp, otherToken, 9), http.StatusOK, 9},
			{signedAt(signedApp, nextToken, 0), http.StatusOK, 0},
		},
		"a clock that is wrong by more than the window": {
			{signedAt(signedApp, docToken, -300), http.StatusForbidden, -300},
			{signedAt(signedApp, docToken, -299), http.StatusForbidden, -299},
			{signedAt(signedApp, docToken, 4000), http.StatusForbidden, 4000},
			{signedAt(signedApp, docToken, 1), http.StatusOK, 1}, // put right
			{signedAt(signedApp, docToken, 90), http.StatusForbidden, 90},
		},
		"the console's probe": {
			{probe, http.StatusOK, -5},
		},
		"nobody without a token": {
			{signedAt(signedApp, docToken, 3), http.StatusOK, 3},
			{signedAt(signedApp, "guessed", 40), http.StatusForbidden, 3},
			{signedAt(signedApp, "guessed", 4000), http.StatusForbidden, 3},
			{signedAt(signedApp, otherToken, 20), http.StatusForbidden, 3},
			{signedAt(signedApp, "", 20), http.StatusForbidden, 3},
			{signedAt(insecureApp, "", 20), http.StatusOK, 3},
			{signedAt(insecureApp, docToken, 20), http.StatusOK, 3}, // nobody looks at its Sign
			{signedAt("1400000009", docToken, 20), http.StatusForbidden, 3},
			{"SdkAppid=" + signedApp + "&CallbackCommand=" + afterCommand + "&RequestTime=1669872132", http.StatusForbidden, 3},
			{"Sign=" + signOf("guessed", "1669879999") + "&RequestTime=1669879999", http.StatusForbidden, 3},
		},
		"nobody who sends again what he has seen": {
			{signedAt(signedApp, docToken, 2), http.StatusOK, 2},
			{signedAt(signedApp, docToken, -5000), http.StatusForbidden, 2},
			{signedAt(signedApp, docToken, 70), http.StatusForbidden, 70},
			{signedAt(signedApp, docToken, -61), http.StatusForbidden, 70},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, nil)
			r.wants(0, skewSeries)
			for _, q := range requests {
				if got := r.post(q.query, afterBody); got.status != q.code {
					t.Errorf("%s is answered %d, want %d", q.query, got.status, q.code)
				}
				r.wants(q.skew, skewSeries)
			}
		})
	}
}

// What is told of a stale request is the same whether its Sign is right or not.
func TestAStaleRequestLearnsNothingOfItsSign(t *testing.T) {
	t.Parallel()
	r := start(t, nil)
	right, wrong := r.post(signedAt(signedApp, docToken, -300), afterBody), r.post(signedAt(signedApp, "guessed", -300), afterBody)
	if right.status != wrong.status || right.body != wrong.body || right.header.Get(gateway.IDHeader) != "" {
		t.Errorf("a right Sign gets %d %s, a wrong one %d %s", right.status, right.body, wrong.status, wrong.body)
	}
	r.wants(2, "switchhook_auth_failures_total", "reason=stale_timestamp")
}
