package app_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/dispatcher/gateway"
	"github.com/switchhook/switchhook/dispatcher/inbox"
	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
	"github.com/switchhook/switchhook/sdk/imevent/samples"
)

const (
	shopApp   = "1400000001"
	shopToken = "a token of the console"
	event     = "Sns.CallbackBlackListAdd"
	decision  = "Group.CallbackBeforeSendMsg"
	gift      = "Live.CallbackBeforeSendGift"
	topic     = "Group.CallbackBeforeCreateTopic"
	message   = "C2C.CallbackAfterSendMsg"
)

// condition is a row of docs/replies.md made real: what is sent, and to whom.
type condition struct {
	command string
	method  string // POST when empty
	path    string // "/" when empty
	alter   func(url.Values)
	header  http.Header
	body    string // the command's sample when empty
	plugin  sdk.HandlerFunc
	second  bool // a second plugin claims the same
	routes  map[string]dispatcher.RouteConfig
	busy    bool // the only place is taken
	large   bool // the body is longer than max_body
	strict  bool // strict_command is set
	bypass  []dispatcher.Bypass
	inbox   *inboxMood // events are stored, in an inbox of that mood
}

var errDown = &sdk.Fault{Kind: sdk.KindUnavailable, Err: errors.New("process is down")}

func fine(context.Context, sdk.Callback) (sdk.Reply, error) { return sdk.Reply{}, nil }

func failing(err error) sdk.HandlerFunc {
	return func(context.Context, sdk.Callback) (sdk.Reply, error) { return sdk.Reply{}, err }
}

func replying(r sdk.Reply) sdk.HandlerFunc {
	return func(context.Context, sdk.Callback) (sdk.Reply, error) { return r, nil }
}

func late(ctx context.Context, _ sdk.Callback) (sdk.Reply, error) {
	<-ctx.Done()
	return sdk.Reply{}, ctx.Err()
}

func panicking(context.Context, sdk.Callback) (sdk.Reply, error) { panic("bug") }

func bypassed(d imevent.Decision) []dispatcher.Bypass {
	return []dispatcher.Bypass{{Command: decision, Decision: d, Until: time.Now().Add(time.Hour)}}
}

func without(key string) func(url.Values) { return func(q url.Values) { q.Del(key) } }

func with(key, value string) func(url.Values) { return func(q url.Values) { q.Set(key, value) } }

// conditions are the rows of docs/replies.md.
func conditions() map[string]condition {
	deny := map[string]dispatcher.RouteConfig{decision: {OnFailure: dispatcher.PolicyDeny}}
	one := map[string]dispatcher.RouteConfig{decision: {MaxInFlight: 1}, event: {MaxInFlight: 1}}
	soon := map[string]dispatcher.RouteConfig{decision: {Timeout: time.Millisecond}, event: {Timeout: time.Millisecond}}
	probe := func(q url.Values) { q.Del("SdkAppid"); q.Del("CallbackCommand") }
	return map[string]condition{
		"the path is another":                   {command: event, path: "/else"},
		"the method is not POST":                {command: event, method: http.MethodPut},
		"the query names Sign twice":            {command: event, alter: func(q url.Values) { q.Add("sign", q.Get("Sign")) }},
		"the app is not configured":             {command: event, alter: with("SdkAppid", "1400000002")},
		"the Sign is missing":                   {command: event, alter: without("Sign")},
		"the RequestTime is no number":          {command: event, alter: with("RequestTime", "now")},
		"the RequestTime is outside the window": {command: event, alter: with("RequestTime", "1669872112")},
		"the Sign is of another token":          {command: event, alter: with("Sign", strings.Repeat("a", 64))},
		"the console's probe has a good Sign":   {command: event, alter: probe, method: http.MethodGet},
		"the console's probe has a bad Sign": {command: event, alter: func(q url.Values) {
			probe(q)
			q.Set("Sign", strings.Repeat("a", 64))
		}},

		"the command is no plausible name":                            {command: event, alter: with("CallbackCommand", "a\nb")},
		"the body of an event is too large":                           {command: event, large: true},
		"the body of an event is compressed":                          {command: event, header: http.Header{"Content-Encoding": {"gzip"}}},
		"the body of an event is not one JSON object":                 {command: event, body: `[]`},
		"the body of an event is nested too deep":                     {command: event, body: strings.Repeat(`{"a":`, 70) + "1" + strings.Repeat("}", 70)},
		"the body of an event names its command twice":                {command: event, body: `{"CallbackCommand":"a","CallbackCommand":"b"}`},
		"the body of a decision is too large":                         {command: decision, large: true},
		"the body of a decision is not one JSON object":               {command: decision, body: `{} {}`},
		"the body of a decision is unreadable and its policy is deny": {command: decision, body: `nothing`, routes: deny},
		"the body of an event names another command and strict_command is set": {
			command: event, body: `{"CallbackCommand":"Sns.CallbackFriendAdd"}`, strict: true,
		},
		"the body names another command than the URL": {command: event, body: `{"CallbackCommand":"Sns.CallbackFriendAdd"}`, plugin: fine},

		"nobody claims the event":                                 {command: "State.StateChange"},
		"nobody claims the decision":                              {command: "C2C.CallbackBeforeSendMsg"},
		"the plugin of an event is down":                          {command: event, plugin: failing(errDown)},
		"the plugin of a decision is down":                        {command: decision, plugin: failing(errDown)},
		"the plugin of a decision is down and its policy is deny": {command: decision, plugin: failing(errDown), routes: deny},
		"the decision stands under routes and nobody claims it": {
			command: topic, routes: map[string]dispatcher.RouteConfig{topic: {OnFailure: dispatcher.PolicyDeny}},
		},
		"two plugins claim the decision and nobody says who is first": {command: decision, plugin: fine, second: true},
		"the decision is bypassed with allow":                         {command: decision, plugin: panicking, routes: deny, bypass: bypassed(imevent.Allow)},
		"the decision is bypassed with deny":                          {command: decision, plugin: panicking, bypass: bypassed(imevent.Deny)},
		"the body of a bypassed decision is not one JSON object":      {command: decision, body: `nothing`, routes: deny, bypass: bypassed(imevent.Allow)},
		"too many callbacks of an event are under way":                {command: event, plugin: late, routes: one, busy: true},
		"too many callbacks of a decision are under way":              {command: decision, plugin: late, routes: one, busy: true},

		"the event is stored":                                                  {command: event, plugin: fine, inbox: &inboxMood{}},
		"the event is stored and its plugin is down":                           {command: event, plugin: failing(errDown), inbox: &inboxMood{}},
		"the event is stored and its plugin fails":                             {command: event, plugin: failing(errors.New("disk")), inbox: &inboxMood{}},
		"the event was stored before, and its body proves that it is the same": {command: message, plugin: fine, inbox: &inboxMood{twice: true}},
		"the inbox is full":                                                    {command: event, plugin: fine, inbox: &inboxMood{full: true}},
		"the inbox is full and on_full is stall":                               {command: event, plugin: fine, inbox: &inboxMood{full: true, onFull: inbox.Stall}},
		"the inbox cannot be written":                                          {command: event, plugin: fine, inbox: &inboxMood{broken: true}},
		"too many events of a route are being stored":                          {command: event, plugin: fine, routes: one, busy: true, inbox: &inboxMood{slow: true}},

		"the event is handled":                            {command: event, plugin: fine},
		"the event is not handled":                        {command: event, plugin: failing(errors.New("disk"))},
		"the plugin calls the event malformed":            {command: event, plugin: failing(sdk.Malformed(errors.New("no account")))},
		"the event is answered too late":                  {command: event, plugin: late, routes: soon},
		"the event is answered with a verdict":            {command: event, plugin: replying(sdk.Reply{Code: 10100})},
		"the decision is to allow":                        {command: decision, plugin: fine},
		"the decision is to refuse":                       {command: decision, plugin: replying(sdk.Reply{Code: 10100, Info: "This is not allowed right now."})},
		"the decision fails":                              {command: decision, plugin: failing(errors.New("model"))},
		"the decision comes too late":                     {command: decision, plugin: late, routes: soon},
		"the decision is one that Tencent would misread":  {command: decision, plugin: replying(sdk.Reply{Code: 99})},
		"the decision fails where Tencent itself refuses": {command: gift, plugin: failing(errors.New("ledger"))},
		"the gateway itself fails over a decision":        {command: decision, plugin: panicking},
	}
}

// row is a line of docs/replies.md.
type row struct{ status, reply, outcome, counter string }

func TestRepliesAreAsDocumented(t *testing.T) {
	t.Parallel()
	rows := documented(t)
	for name := range conditions() {
		if _, ok := rows[name]; !ok {
			t.Errorf("docs/replies.md has no row for %q", name)
		}
	}
	for name, want := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, ok := conditions()[name]
			if !ok {
				t.Fatal("nobody sends this row")
			}
			got := c.send(t)
			if got.status != want.status {
				t.Errorf("status %s, documented is %s", got.status, want.status)
			}
			if got.contentType != "application/json" {
				t.Errorf("Content-Type is %q", got.contentType)
			}
			if diff := cmp.Diff(c.documentedBody(t, want.reply), got.reply); diff != "" {
				t.Errorf("reply (-documented +got):\n%s", diff)
			}
			if n := got.count("switchhook_callbacks_total{", want.outcome); want.outcome != "-" && n != 1 {
				t.Errorf("%d callbacks with outcome %s, want 1", n, want.outcome)
			}
			if n := got.count("switchhook_callbacks_total{", ""); want.outcome == "-" && n != 0 {
				t.Errorf("counted %d callbacks of somebody who is not known", n)
			}
			name, label, _ := strings.Cut(strings.TrimSuffix(want.counter, "}"), "{")
			if n := got.count(name, label); n != 1 {
				t.Errorf("%s is %d, want 1", want.counter, n)
			}
		})
	}
}

// documented reads the rows of docs/replies.md by their condition.
func documented(t *testing.T) map[string]row {
	t.Helper()
	f, err := os.Open("../../docs/replies.md")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // read only
	rows := make(map[string]row)
	for lines := bufio.NewScanner(f); lines.Scan(); {
		cells := strings.Split(strings.Trim(lines.Text(), "|"), "|")
		if len(cells) != 5 || strings.HasPrefix(cells[0], "-") || strings.TrimSpace(cells[0]) == "condition" {
			continue
		}
		for i := range cells {
			cells[i] = strings.Trim(cells[i], " `")
		}
		rows[cells[0]] = row{status: cells[1], reply: cells[2], outcome: cells[3], counter: cells[4]}
	}
	return rows
}

// answered is what came back, and what was counted.
type answered struct {
	status, contentType string
	reply               map[string]any
	metrics             string
}

// count adds up the series of a family that carry label.
func (a answered) count(family, label string) int {
	total := 0.0
	for line := range strings.Lines(a.metrics) {
		if strings.HasPrefix(line, family) && strings.Contains(line, label) {
			value, err := strconv.ParseFloat(strings.TrimSpace(line[strings.LastIndex(line, " "):]), 64)
			if err == nil {
				total += value
			}
		}
	}
	return int(total)
}

// documentedBody is what the words of the column "reply" stand for.
func (c condition) documentedBody(t *testing.T, word string) map[string]any {
	t.Helper()
	contract, _ := imevent.Spec(c.command)
	reply, status := sdk.Reply{}, "OK"
	switch word {
	case "ok":
	case "fail":
		return nil // its text belongs to the status; see send
	case "allow":
		reply = contract.Allow(sdk.Callback{Body: c.content()})
	case "deny":
		reply = contract.Refuse(sdk.Callback{Body: c.content()})
	default:
		t.Fatalf("reply %q is none of ok, fail, allow, deny", word)
	}
	return map[string]any{"ActionStatus": status, "ErrorCode": float64(reply.Code), "ErrorInfo": reply.Info}
}

func (c condition) content() []byte {
	if c.large {
		return []byte(`{"Text":"` + strings.Repeat("x", 5000) + `"}`)
	}
	if c.body != "" {
		return []byte(c.body)
	}
	body, _ := samples.Request(c.command)
	return body
}

// send runs the condition through a gateway and its core.
func (c condition) send(t *testing.T) answered {
	t.Helper()
	registry := prometheus.NewRegistry()
	server := c.serve(t, registry)
	if c.busy {
		ctx, cancel := context.WithCancel(t.Context())
		t.Cleanup(cancel)
		occupied := c.occupy(ctx, t, server)
		<-occupied
	}
	res, err := server.Client().Do(c.request(t.Context(), t, server.URL))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	got := answered{status: strconv.Itoa(res.StatusCode), contentType: res.Header.Get("Content-Type"), metrics: exposition(t, registry)}
	if err := json.Unmarshal(body, &got.reply); err != nil {
		t.Fatalf("%q is not JSON: %v", body, err)
	}
	if got.reply["ActionStatus"] == "FAIL" {
		if got.reply["ErrorCode"] != float64(1) || got.reply["ErrorInfo"] == "" {
			t.Errorf("a failure reads %s", body)
		}
		got.reply = nil
	}
	return got
}

func exposition(t *testing.T, registry *prometheus.Registry) string {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(&text, f); err != nil {
			t.Fatal(err)
		}
	}
	return text.String()
}

// occupied holds the places that busy conditions find taken.
type occupancy chan struct{}

// occupy takes the only place with a callback that lasts until the test ends.
func (c condition) occupy(ctx context.Context, t *testing.T, server *busyServer) occupancy {
	t.Helper()
	go func() {
		res, err := server.Client().Do(c.request(ctx, t, server.URL))
		if err == nil {
			_ = res.Body.Close()
		}
	}()
	return server.entered
}

// busyServer is a gateway whose plugin tells when it has been entered.
type busyServer struct {
	*httptest.Server
	entered chan struct{}
}

func (c condition) serve(t *testing.T, registry *prometheus.Registry) *busyServer {
	t.Helper()
	entered := make(chan struct{}, 2)
	box := &box{mood: c.inbox}
	core, err := dispatcher.New(dispatcher.Options{Registerer: registry, Accept: box.acceptor(entered)})
	if err != nil {
		t.Fatal(err)
	}
	front, err := gateway.New(gateway.Options{
		Dispatch: core.Dispatch, Decline: core.Decline, MaxBody: 4096, StrictCommand: c.strict, Registerer: registry,
	})
	if err != nil {
		t.Fatal(err)
	}
	front.SetApps([]gateway.App{{ID: shopApp, Tokens: []string{shopToken}}})
	claims := []sdk.Claim{{Pattern: event}, {Pattern: decision}, {Pattern: gift}, {Pattern: message}}
	handler := sdk.HandlerFunc(func(ctx context.Context, cb sdk.Callback) (sdk.Reply, error) {
		select {
		case entered <- struct{}{}:
		default: // nobody waits for it: deliveries are made again
		}
		return c.plugin(ctx, cb)
	})
	b := dispatcher.Blueprint{
		Apps: []dispatcher.App{{ID: shopApp}}, Routes: c.routes, Bypasses: c.bypass,
		Plugins: []dispatcher.Plugin{{Name: "one", Handler: handler, Claims: claims}},
	}
	if c.second {
		b.Plugins = append(b.Plugins, dispatcher.Plugin{Name: "two", Handler: handler, Claims: claims})
	}
	table, err := core.Build(b)
	if err != nil {
		t.Fatal(err)
	}
	core.Swap(table)
	if c.inbox != nil {
		box.open(t, core, registry)
		if c.inbox.twice {
			box.remember(t, c)
		}
	}
	server := &busyServer{httptest.NewServer(front.Handler()), entered}
	t.Cleanup(server.Close)
	return server
}

func (c condition) request(ctx context.Context, t *testing.T, base string) *http.Request {
	t.Helper()
	now := strconv.FormatInt(time.Now().Unix(), 10)
	sum := sha256.Sum256([]byte(shopToken + now))
	q := url.Values{
		"SdkAppid": {shopApp}, "CallbackCommand": {c.command}, "contenttype": {"json"}, "ClientIP": {"192.0.2.1"},
		"OptPlatform": {"iOS"}, "Sign": {hex.EncodeToString(sum[:])}, "RequestTime": {now},
	}
	if c.alter != nil {
		c.alter(q)
	}
	method, path := c.method, c.path
	if method == "" {
		method = http.MethodPost
	}
	if path == "" {
		path = "/"
	}
	r, err := http.NewRequestWithContext(ctx, method, base+path+"?"+q.Encode(), strings.NewReader(string(c.content())))
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(r.Header, c.header)
	return r
}
