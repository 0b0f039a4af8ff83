package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"testing"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/dispatcher/gateway"
	"github.com/switchhook/switchhook/sdk"
)

// Who observes sees every callback that was let in, once, with the very answer
// that was written.
func TestObserveSeesEveryAnswerOnce(t *testing.T) {
	t.Parallel()
	broken := errors.New("plugin one: disk")
	tests := map[string]struct {
		query, body string
		result      dispatcher.Result
		seen        bool
		rejected    string
	}{
		"a plain OK":                            {signedQuery(afterCommand), afterBody, dispatcher.Result{Plugins: []string{"one"}}, true, ""},
		"a refusal":                             {signedQuery(beforeCommand), `{}`, dispatcher.Result{Reply: sdk.Reply{Code: 120001, Info: "no"}, Outcome: dispatcher.OutcomeRejected}, true, ""},
		"an event that failed":                  {signedQuery(afterCommand), afterBody, dispatcher.Result{Failed: true, Err: broken, Outcome: dispatcher.OutcomeFailed}, true, ""},
		"a body that is no JSON":                {signedQuery(afterCommand), `{`, dispatcher.Result{}, true, "bad_json"},
		"one of a decision":                     {signedQuery(beforeCommand), `{`, dispatcher.Result{}, true, "bad_json"},
		"a reply that cannot be written":        {signedQuery(afterCommand), afterBody, dispatcher.Result{Reply: sdk.Reply{Extra: json.RawMessage(`]`)}}, true, "internal"},
		"a request of a stranger":               {"SdkAppid=" + signedApp + "&CallbackCommand=" + afterCommand, afterBody, dispatcher.Result{}, false, ""},
		"a request that names no command":       {"SdkAppid=" + insecureApp, afterBody, dispatcher.Result{}, false, ""},
		"the console's look at whether we live": {"Sign=" + docSign + "&RequestTime=" + docTime, "", dispatcher.Result{}, false, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var (
				mu   sync.Mutex
				seen []gateway.Answered
			)
			r := start(t, func(o *gateway.Options) {
				o.Dispatch = func(context.Context, sdk.Callback) dispatcher.Result { return test.result }
				o.Observe = func(a gateway.Answered) {
					mu.Lock()
					defer mu.Unlock()
					seen = append(seen, a)
				}
			})
			got := r.post(test.query, test.body)
			if err := r.gateway.Shutdown(t.Context()); err != nil { // after it whoever was to see has seen
				t.Fatal(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if want := map[bool]int{true: 1}[test.seen]; len(seen) != want {
				t.Fatalf("seen %d times, want %d: %+v", len(seen), want, seen)
			}
			for _, a := range seen {
				if a.Status != got.status || string(a.Body()) != got.body {
					t.Errorf("seen %d %s, written %d %s", a.Status, a.Body(), got.status, got.body)
				}
				if !a.Signed || a.Rejected != test.rejected {
					t.Errorf("signed %t, rejected %q; want a Sign and %q", a.Signed, a.Rejected, test.rejected)
				}
				if a.Callback.AppID != signedApp || a.Callback.ID == "" || string(a.Callback.Body) != test.body && got.status == http.StatusOK {
					t.Errorf("callback = %+v", a.Callback)
				}
			}
		})
	}
}
