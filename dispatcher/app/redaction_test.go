package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/sdkmetrics"
	"github.com/switchhook/switchhook/sdk/serve"
)

const (
	telltaleSecret = "a-secret-of-telltale"
	telltaleNumber = 8_612_345_678 // a number of somebody, in a body
)

// telltale is a plugin that tells what it was told, where its author may not have meant to.
func telltale() authored {
	var settings struct {
		DSN string `json:"dsn" secret:"true"`
	}
	measures := sdkmetrics.New()
	connections := promauto.With(measures).NewGaugeVec(prometheus.GaugeOpts{Name: "telltale_connections", Help: "Connections."}, []string{"dsn"})
	var mux sdk.Mux
	handler := sdk.HandlerFunc(func(ctx context.Context, cb sdk.Callback) (sdk.Reply, error) {
		var o order
		if err := json.Unmarshal(cb.Body, &o); err != nil {
			return sdk.Reply{}, sdk.Malformed(err)
		}
		cause := fmt.Errorf("cannot store %s", cb.Body)
		switch o.Do {
		case "fail":
			return sdk.Reply{}, fmt.Errorf("no such friend: %q and %s", o.Text, strings.ToLower(o.Text))
		case "complain":
			return sdk.Reply{}, sdk.Malformed(cause)
		case "give up":
			return sdk.Reply{}, sdk.Permanent(cause)
		case "have no room":
			return sdk.Reply{}, sdk.Overloaded(time.Second, cause)
		case "panic":
			panic(cause)
		case "wait": // until nobody does
			<-ctx.Done()
			return sdk.Reply{}, fmt.Errorf("%w: %w", ctx.Err(), cause)
		case "print":
			connections.WithLabelValues(settings.DSN).Set(1)
			slog.WarnContext(ctx, "connected to "+settings.DSN, "dsn", settings.DSN, //nolint:sloglint // that is the mistake
				slog.Group("db", "dsn", settings.DSN, "all", []string{settings.DSN}))
			slog.DebugContext(ctx, "a line for whoever looks closely", "depth", 3)
			fmt.Fprintln(os.Stderr, "connected to", settings.DSN)
		}
		return o.obey(ctx, "")
	})
	for _, command := range []string{decision, gesture, greeting, shake} {
		mux.HandleAny(command, handler)
	}
	return authored{serve.Plugin{Name: "telltale", Version: "1.0.0", Mux: &mux, Config: &settings, Metrics: measures.Snapshot}}
}

// tell sends a callback whose body has an account, words and a number that nobody may
// read elsewhere.
func (r *rig) tell(command, do string, change func(url.Values)) {
	r.t.Helper()
	query := r.query(shopApp, command, shopToken)
	if change != nil {
		change(query)
		r.secret(query.Get("Sign"))
	}
	body := `{"CallbackCommand":"` + command + `","From_Account":"` + alice + `","Do":"` + do + `","Text":"` + words + `",` +
		`"Number":` + strconv.Itoa(telltaleNumber) + `,"List":[{"Tag":"` + bob + `"}]}`
	if do == "be no JSON" {
		body = body[:len(body)-1]
	}
	if got := r.post(query, []byte(body)); got.err != nil {
		r.t.Errorf("%s, %s: %s", command, do, got)
	}
}

// Whatever becomes of a callback, and at whatever level: no body, account, token, Sign
// or setting of a plugin stands in the log, in the metrics, or in what the admin side
// tells other machines.
func TestNothingOfACallbackIsTold(t *testing.T) {
	t.Parallel()
	r := durableRig(t, `
log_level: debug
plugins:
  telltale: {config: {dsn: `+telltaleSecret+`}}
routes:
  `+gesture+`: {timeout: 300ms}
  `+decision+`: {on_failure: deny}
  `+shake+`: {mode: sync}
  `+event+`: {handlers: [nobody], mode: sync}
`)
	for _, secret := range []string{bob, "192.0.2.1", telltaleSecret, strconv.Itoa(telltaleNumber), "a token of nobody", strings.ToLower(words)} {
		r.secret(secret)
	}
	r.install("telltale", "telltale")
	r.start()
	r.tell(decision, "", nil)
	for _, do := range []string{"refuse", "fail", "complain", "have no room", "panic", "answer an illegal code", "print", "be no JSON"} {
		r.tell(decision, do, nil)
		r.tell(shake, do, nil)
	}
	r.tell(gesture, "wait", nil)
	r.tell(event, "", nil) // its plugin is not there
	r.tell(greeting, "fail", nil)
	r.tell(greeting, "give up", nil)
	r.tell("Nobody.CallbackKnowsThis", "", nil)
	r.tell(decision, "", func(q url.Values) { q.Set("CallbackCommand", "$CallbackCommand") })
	r.tell(decision, "", func(q url.Values) { q.Set("Sign", strings.Repeat("ab", 32)) })
	r.tell(decision, "", func(q url.Values) { q.Set("RequestTime", "1") })
	r.post(r.query(shopApp, decision, "a token of nobody"), []byte(`{"From_Account":"`+alice+`"}`))

	r.log.Await(t, "callback not handled", greeting, "dead_letter")
	r.log.Await(t, "callback not handled", greeting, "retry")
	r.log.Await(t, "plugin code panicked", "handler")
	r.log.Await(t, "connected to [redacted]", "stderr")
	r.log.Await(t, "a line for whoever looks closely")
	eventually(t, "what it measures is shown", func() bool {
		_, text := r.get("/metrics")
		return strings.Contains(text, `switchhook_handler_telltale_connections{dsn="`)
	})
	said := r.toldToOthers()
	r.secrets.Range(func(secret, _ any) bool {
		if text, _ := secret.(string); text != "" && strings.Contains(said, text) {
			t.Errorf("other machines are told %q", text)
		}
		return true
	})
	outcomes, attempts := make(map[any]int), make(map[string]int)
	for _, line := range r.log.Records("callback not handled", 0) {
		outcomes[line["outcome"]]++
		if attempts[fmt.Sprint(line["id"], line["attempt"])]++; attempts[fmt.Sprint(line["id"], line["attempt"])] > 1 {
			t.Errorf("a failure is told twice: %v", line)
		}
	}
	for _, want := range []string{"failed", "malformed", "timeout", "unavailable", "overloaded", "bad_reply"} {
		if outcomes[want] == 0 {
			t.Errorf("no callback was %s, so that was not tested: %v", want, outcomes)
		}
	}
	if line := r.log.Records("a line for whoever looks closely", 0)[0]; line["level"] != "DEBUG" || line["raw"] != nil {
		t.Errorf("a plugin's line became %v", line)
	}
}

// toldToOthers is all that the admin side tells over TCP.
func (r *rig) toldToOthers() string {
	r.t.Helper()
	var all strings.Builder
	for _, path := range []string{
		"/metrics", "/-/healthy", "/-/ready", "/api/v1/status", "/api/v1/plugins", "/api/v1/routes", "/api/v1/inbox", "/api/v1/inbox/events", "/metrics/plugins/telltale",
	} {
		code, text := r.get(path)
		if code != http.StatusOK {
			r.t.Errorf("%s answers %d", path, code)
		}
		all.WriteString(text)
	}
	return all.String()
}
