package admin_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/admin"
)

// braking returns options of a gateway that can be changed, and what it was asked.
func braking() (o admin.Options, orders chan admin.PluginOrder, bypasses chan admin.BypassOrder, audits chan admin.Audited) {
	o = options()
	orders, bypasses, audits = make(chan admin.PluginOrder, 9), make(chan admin.BypassOrder, 9), make(chan admin.Audited, 9)
	o.ChangePlugin = func(_ context.Context, order admin.PluginOrder) (admin.Swap, error) {
		orders <- order
		return admin.Swap{State: "ready", SHA256: "cd", Before: "ab", Replicas: 2, Added: []string{"Group.*"}}, nil
	}
	o.Bypass = func(ctx context.Context, order admin.BypassOrder) (admin.BypassReport, error) {
		bypasses <- order
		peer, _ := admin.PeerOf(ctx)
		return admin.BypassReport{Set: &admin.Bypass{Command: order.Command, Decision: order.Decision, By: peer.String()}}, nil
	}
	o.Audit = func(_ context.Context, change admin.Audited) { audits <- change }
	return o, orders, bypasses, audits
}

func TestPluginsAreChangedThroughTheSocket(t *testing.T) {
	t.Parallel()
	for _, action := range admin.Actions() {
		t.Run(string(action), func(t *testing.T) {
			t.Parallel()
			o, orders, _, audits := braking()
			socket, tcp := start(t, o)
			order := admin.PluginOrder{Action: action, Name: "blacklist"}
			if action == admin.ActionReload {
				order.Path, order.DropClaims = "/opt/new", true
			}
			got, err := socket.ChangePlugin(t.Context(), order)
			want := admin.Swap{
				Action: action, Name: "blacklist", State: "ready", SHA256: "cd", Before: "ab", Replicas: 2,
				Added: []string{"Group.*"}, Dropped: []string{}, TookMS: got.TookMS,
			}
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
			if diff := cmp.Diff(order, <-orders); diff != "" {
				t.Errorf("the order that arrived (-want +got):\n%s", diff)
			}
			audit := <-audits
			if audit.What != "plugin "+string(action) || audit.Target != "blacklist" || audit.Err != nil || audit.Result == nil {
				t.Errorf("audited: %+v", audit)
			}
			if audit.Peer.UID != os.Getuid() || audit.Peer.PID != os.Getpid() {
				t.Errorf("the audit names %+v, want this very process", audit.Peer)
			}
			if action == admin.ActionReload && (audit.Args["path"] != "/opt/new" || audit.Args["drop_claims"] != "true") {
				t.Errorf("the audit's args: %v", audit.Args)
			}
			if _, err := tcp.ChangePlugin(t.Context(), order); err == nil || !strings.Contains(err.Error(), "unix socket") {
				t.Errorf("over TCP: %v", err)
			}
		})
	}
}

func TestWhatCannotBeDoneIsRefusedInClearWords(t *testing.T) {
	t.Parallel()
	const reload, bypass = "/api/v1/plugins/blacklist/reload", "/api/v1/routes/bypass"
	for name, tt := range map[string]struct {
		path, body string
		code       int
		want       string
		audited    bool
	}{
		"an unknown plugin":                 {"/api/v1/plugins/ghost/reload", ``, 404, `no plugin \"ghost\"; the gateway knows blacklist`, true},
		"a path for a name":                 {"/api/v1/plugins/bin%2Fghost/disable", ``, 404, `no plugin \"bin/ghost\"`, true},
		"an action that is none":            {"/api/v1/plugins/blacklist/explode", ``, 422, "cannot be told to explode", true},
		"a path that is not absolute":       {reload, `{"path": "new"}`, 422, "not absolute", true},
		"a path for a restart":              {"/api/v1/plugins/blacklist/restart", `{"path": "/new"}`, 422, "for reload, not for restart", true},
		"a key that nobody knows":           {reload, `{"dropclaims": true}`, 400, "dropclaims", false},
		"a body that is not JSON":           {reload, `{`, 400, "read the request's body", false},
		"two values":                        {reload, `{} {}`, 400, "more than one", false},
		"a body without end":                {reload, `{"path": "/` + strings.Repeat("p", 1<<20) + `"}`, 400, "too large", false},
		"a bypass of nothing":               {bypass, ``, 422, "the command is missing", true},
		"a bypass without a decision":       {bypass, `{"command": "A.B", "for": "30m"}`, 422, "allow or deny", true},
		"another decision":                  {bypass, `{"command": "A.B", "decision": "maybe", "for": "30m"}`, 422, `\"maybe\" is neither allow nor deny`, true},
		"a bypass without a time":           {bypass, `{"command": "A.B", "decision": "deny"}`, 422, "for how long", true},
		"a time that has passed":            {bypass, `{"command": "A.B", "decision": "deny", "for": "-1s"}`, 422, "no time to last", true},
		"a time that is too long":           {bypass, `{"command": "A.B", "decision": "deny", "for": "24h1s"}`, 422, "24h0m0s at most", true},
		"a time that is none":               {bypass, `{"command": "A.B", "decision": "deny", "for": "soon"}`, 400, "soon", false},
		"an end with a decision":            {bypass, `{"command": "A.B", "decision": "deny", "off": true}`, 422, "neither a decision nor a time", true},
		"a reload that there is nothing of": {"/api/v1/config/reload", ``, 404, "no configuration file", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, orders, bypasses, audits := braking()
			server := newServer(t, o)
			for want, handler := range map[int]http.Handler{tt.code: server.SocketHandler(), 403: server.Handler()} {
				req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, tt.path, strings.NewReader(tt.body))
				req.Host = "localhost"
				rec := httptest.NewRecorder()
				handler.ServeHTTP(rec, req)
				checkRefusal(t, rec.Code, rec.Body.String())
				if rec.Code != want || want != 403 && !strings.Contains(rec.Body.String(), tt.want) {
					t.Errorf("%d %s, want %d with %q", rec.Code, rec.Body, want, tt.want)
				}
			}
			if len(orders)+len(bypasses) > 0 {
				t.Error("it was done all the same")
			}
			if audited := len(audits) > 0; audited != tt.audited {
				t.Errorf("audited: %t, want %t", audited, tt.audited)
			}
		})
	}
}

func TestARefusedChangeTellsWhyAndIsAudited(t *testing.T) {
	t.Parallel()
	o, _, _, audits := braking()
	o.ChangePlugin = func(context.Context, admin.PluginOrder) (admin.Swap, error) {
		return admin.Swap{}, errors.New("plugin blacklist did not come up: exit status 1; the old program serves")
	}
	socket, _ := start(t, o)
	_, err := socket.ChangePlugin(t.Context(), admin.PluginOrder{Action: admin.ActionReload, Name: "blacklist"})
	if err == nil || !strings.Contains(err.Error(), "exit status 1; the old program serves") {
		t.Errorf("reload: %v", err)
	}
	if audit := <-audits; audit.Err == nil || audit.Result != nil {
		t.Errorf("audited: %+v", audit)
	}
}

func TestBypass(t *testing.T) {
	t.Parallel()
	o, _, bypasses, audits := braking()
	socket, _ := start(t, o)
	order := admin.BypassOrder{Command: "A.B", App: "1400000001", Decision: "deny", For: admin.Duration(30 * time.Minute)}
	report, err := socket.Bypass(t.Context(), order)
	if err != nil || report.Set == nil || report.Set.By == "uid -1" || report.Ended == nil {
		t.Errorf("bypass: %+v, %v", report, err)
	}
	if diff := cmp.Diff(order, <-bypasses); diff != "" {
		t.Errorf("the order that arrived (-want +got):\n%s", diff)
	}
	want := map[string]string{"app": "1400000001", "decision": "deny", "for": "30m0s"}
	if diff := cmp.Diff(want, (<-audits).Args); diff != "" {
		t.Errorf("the audit's args (-want +got):\n%s", diff)
	}
}

// What a plugin said, where programs lie and who did something stay on the machine.
func TestRedactionCoversReplicasDriftAndWho(t *testing.T) {
	t.Parallel()
	shared := []admin.Plugin{{
		Name: "words", State: "ready", Drift: "/opt/words is hush", Parked: []admin.Parked{{ID: "hush"}},
		Replicas: []admin.Replica{{PID: 4713, Error: "hush", Ejected: "hush"}},
	}}
	bypass := &admin.Bypass{Command: "A.B", Decision: "deny", By: "hush"}
	o := options()
	o.Plugins = func() []admin.Plugin { return shared }
	o.Routes = func() []admin.Route { return []admin.Route{{Command: "A.B", Bypass: bypass}} }
	server := newServer(t, o)
	for _, path := range []string{"/api/v1/plugins", "/api/v1/routes"} {
		_, _, body := ask(t, server.Handler(), http.MethodGet, path, "localhost")
		if strings.Contains(body, "hush") || strings.Contains(body, "4713") {
			t.Errorf("TCP tells %s", body)
		}
		if _, _, body := ask(t, server.SocketHandler(), http.MethodGet, path, "localhost"); !strings.Contains(body, "hush") {
			t.Errorf("the socket conceals: %s", body)
		}
	}
	if shared[0].Replicas[0].PID != 4713 || bypass.By != "hush" {
		t.Error("the gateway's own data has changed")
	}
}
