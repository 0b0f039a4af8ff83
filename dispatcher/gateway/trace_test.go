package gateway_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/dispatcher/gateway"
	"github.com/switchhook/switchhook/sdk"
)

// Who traces hears of every callback that was let in, before its body is read, and
// once of what was written; and the callback is answered in the context it returned.
func TestTraceHearsOfEveryCallbackOnce(t *testing.T) {
	t.Parallel()
	type inside struct{}
	for name, test := range map[string]struct {
		query, body string
		dispatch    func() dispatcher.Result
		want        string // "" for nothing
	}{
		"an event":                       {signedQuery(afterCommand), afterBody, func() dispatcher.Result { return result{Outcome: dispatcher.OutcomeAccepted} }, "200 accepted"},
		"a refusal":                      {signedQuery(beforeCommand), `{}`, func() dispatcher.Result { return result{Outcome: dispatcher.OutcomeRejected} }, "200 rejected"},
		"an event that is no JSON":       {signedQuery(afterCommand), `{`, nil, "400 malformed"},
		"a reply that cannot be written": {signedQuery(afterCommand), afterBody, func() dispatcher.Result { return result{Reply: sdk.Reply{Extra: json.RawMessage(`]`)}} }, "500 internal"},
		"a panic":                        {signedQuery(afterCommand), afterBody, func() dispatcher.Result { panic("told to") }, "500 internal"},
		"a stranger":                     {"SdkAppid=" + signedApp + "&CallbackCommand=" + afterCommand, afterBody, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var (
				mu    sync.Mutex
				heard []string
				ids   []string
			)
			r := start(t, func(o *gateway.Options) {
				o.Dispatch = func(ctx context.Context, cb sdk.Callback) dispatcher.Result {
					if ctx.Value(inside{}) != cb.ID {
						t.Errorf("%s is answered in the context of %v", cb.ID, ctx.Value(inside{}))
					}
					return test.dispatch()
				}
				o.Trace = func(ctx context.Context, cb sdk.Callback) (context.Context, func(int, dispatcher.Outcome)) {
					if cb.Body != nil || cb.AppID != signedApp {
						t.Errorf("callback = %+v", cb)
					}
					mu.Lock()
					defer mu.Unlock()
					ids = append(ids, cb.ID)
					return context.WithValue(ctx, inside{}, cb.ID), func(status int, outcome dispatcher.Outcome) {
						mu.Lock()
						defer mu.Unlock()
						heard = append(heard, fmt.Sprint(status, " ", outcome))
					}
				}
			})
			got := r.post(test.query, test.body)
			if err := r.gateway.Shutdown(t.Context()); err != nil { // after it whoever was to hear has heard
				t.Fatal(err)
			}
			mu.Lock()
			defer mu.Unlock()
			var want []string
			if test.want != "" {
				want = []string{test.want}
			}
			if !slices.Equal(heard, want) || len(ids) != len(want) {
				t.Errorf("heard %q of %q, want %q", heard, ids, want)
			}
			if got.status == http.StatusOK && test.want[:3] != "200" {
				t.Errorf("written was %d", got.status)
			}
		})
	}
}

// A callback that is not traced is answered in the request's own context.
func TestTraceMayLetACallbackGo(t *testing.T) {
	t.Parallel()
	asked := 0
	r := start(t, func(o *gateway.Options) {
		o.Dispatch = func(context.Context, sdk.Callback) dispatcher.Result { return result{} }
		o.Trace = func(ctx context.Context, _ sdk.Callback) (context.Context, func(int, dispatcher.Outcome)) {
			asked++
			return ctx, nil
		}
	})
	if got := r.post(signedQuery(afterCommand), afterBody); got.status != http.StatusOK || asked != 1 {
		t.Errorf("status %d, asked %d times", got.status, asked)
	}
}

// lineContexts is a log that notes what stands at a key in the context of each line.
type lineContexts struct {
	slog.Handler

	key  any
	mu   sync.Mutex
	seen []any
}

// Handle notes the value.
func (l *lineContexts) Handle(ctx context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen = append(l.seen, ctx.Value(l.key))
	return l.Handler.Handle(ctx, r)
}

// Enabled has every line handled.
func (*lineContexts) Enabled(context.Context, slog.Level) bool { return true }

// The line of a callback that fails at the edge leads to its trace as any other does.
func TestALineFromTheEdgeBelongsToTheTrace(t *testing.T) {
	t.Parallel()
	type inside struct{}
	for name, test := range map[string]struct {
		body     string
		dispatch func() dispatcher.Result
	}{
		"a body that is no JSON":         {`{`, nil},
		"a reply that cannot be written": {afterBody, func() dispatcher.Result { return result{Reply: sdk.Reply{Extra: json.RawMessage(`]`)}} }},
		"a panic":                        {afterBody, func() dispatcher.Result { panic("told to") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := &lineContexts{Handler: slog.DiscardHandler, key: inside{}}
			r := start(t, func(o *gateway.Options) {
				o.Logger = slog.New(log)
				o.Dispatch = func(context.Context, sdk.Callback) dispatcher.Result { return test.dispatch() }
				o.Trace = func(ctx context.Context, cb sdk.Callback) (context.Context, func(int, dispatcher.Outcome)) {
					return context.WithValue(ctx, inside{}, cb.ID), nil
				}
			})
			got := r.post(signedQuery(afterCommand), test.body)
			log.mu.Lock()
			defer log.mu.Unlock()
			if id := got.header.Get(gateway.IDHeader); id == "" || !slices.Equal(log.seen, []any{id}) {
				t.Errorf("lines of %v, want one of %q", log.seen, id)
			}
		})
	}
}
