package admin_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/switchhook/switchhook/dispatcher/admin"
)

// status, plugins and routes are what the gateway of these tests is.
func status() admin.Status {
	return admin.Status{
		Version: "1.2.3", State: admin.StateReady, Listen: "http://127.0.0.1:8080", CallbackPath: "/",
		Degraded: []string{}, DegradedReasons: []admin.Reason{},
		Apps:      []admin.AppInfo{{ID: "1400000001", Name: "shop", Tokens: 2}},
		StartedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		PID:       4711, ConfigFile: "/etc/switchhook.yaml", DataDir: "/var/lib/switchhook",
	}
}

func plugins() []admin.Plugin {
	return []admin.Plugin{{
		Name: "blacklist", Path: "/opt/blacklist", SHA256: "ab", State: "ready", PID: 4712, Version: "0.1.0",
		Claims:     []admin.Claim{{Pattern: "Sns.*", Idempotent: true, Timeout: admin.Duration(1500 * time.Millisecond)}},
		ClaimsFrom: "plugin", Restarts: 1, Config: json.RawMessage(`{"token":"[redacted]"}`),
	}}
}

func routes() []admin.Route {
	return []admin.Route{{
		App: "1400000001", Command: "Sns.CallbackBlackListAdd", Handlers: []string{"blacklist"}, Mode: "sync",
		Timeout: admin.Duration(1800 * time.Millisecond), MaxInFlight: 256,
		Sources: admin.Sources{Handlers: "claim", Timeout: "default"},
	}}
}

// options returns what New needs, and no more.
func options() admin.Options {
	return admin.Options{
		Status: status, Plugins: plugins, Routes: routes,
		Gatherer: prometheus.NewRegistry(), Logger: slog.New(slog.DiscardHandler),
	}
}

func newServer(t *testing.T, o admin.Options) *admin.Server {
	t.Helper()
	s, err := admin.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// ask sends one request to h, as curl on this machine would.
func ask(t *testing.T, h http.Handler, method, path, host string) (code int, header http.Header, body string) {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	req.Host = host
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	return rec.Code, rec.Result().Header, rec.Body.String()
}

func TestNewNamesTheFieldThatIsMissing(t *testing.T) {
	t.Parallel()
	for field, spoil := range map[string]func(*admin.Options){
		"Status":     func(o *admin.Options) { o.Status = nil },
		"Plugins":    func(o *admin.Options) { o.Plugins = nil },
		"Routes":     func(o *admin.Options) { o.Routes = nil },
		"Gatherer":   func(o *admin.Options) { o.Gatherer = nil },
		`Listen "x"`: func(o *admin.Options) { o.Listen = "x" },
	} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			o := options()
			spoil(&o)
			if _, err := admin.New(o); err == nil || !strings.Contains(err.Error(), field) {
				t.Errorf("New: %v, want an error about %s", err, field)
			}
		})
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	server := newServer(t, options())
	for name, tt := range map[string]struct {
		handler        http.Handler
		method, path   string
		code           int
		body, not, who string
	}{
		"healthy while the process turns":     {path: "/-/healthy", code: 200, body: `"healthy"`},
		"ready":                               {path: "/-/ready", code: 200, body: `{"state":"ready","reasons":[],"degraded":[],"degraded_reasons":[]}`},
		"a status without paths over TCP":     {path: "/api/v1/status", code: 200, body: `"tokens":2`, not: "/etc/"},
		"no process ids over TCP":             {path: "/api/v1/status", code: 200, not: "4711"},
		"plugins without paths over TCP":      {path: "/api/v1/plugins", code: 200, body: `"timeout":"1.5s"`, not: "/opt/"},
		"routes":                              {path: "/api/v1/routes", code: 200, body: `"timeout":"1.8s"`},
		"metrics":                             {path: "/metrics", code: 200},
		"another path is told what there is":  {path: "/debug/pprof/", code: 404, body: "/metrics"},
		"a write to a read":                   {method: "POST", path: "/api/v1/status", code: 405, body: "GET, HEAD"},
		"a reload over TCP":                   {method: "POST", path: "/api/v1/config/reload", code: 403, body: "unix socket"},
		"the socket shows paths":              {handler: server.SocketHandler(), path: "/api/v1/status", code: 200, body: "/etc/switchhook.yaml"},
		"the socket shows plugin paths":       {handler: server.SocketHandler(), path: "/api/v1/plugins", code: 200, body: "/opt/blacklist"},
		"a reload is not a read":              {handler: server.SocketHandler(), path: "/api/v1/config/reload", code: 405, body: "POST"},
		"a reload without anything to reload": {handler: server.SocketHandler(), method: "POST", path: "/api/v1/config/reload", code: 404, body: "no configuration file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.handler == nil {
				tt.handler = server.Handler()
			}
			if tt.method == "" {
				tt.method = http.MethodGet
			}
			code, header, body := ask(t, tt.handler, tt.method, tt.path, "127.0.0.1:9480")
			if code != tt.code || !strings.Contains(body, tt.body) {
				t.Errorf("%s %s: %d %s, want %d with %q", tt.method, tt.path, code, body, tt.code, tt.body)
			}
			if tt.not != "" && strings.Contains(body, tt.not) {
				t.Errorf("%s tells %q: %s", tt.path, tt.not, body)
			}
			checkRefusal(t, code, body)
			if code == 405 && header.Get("Allow") == "" {
				t.Error("405 without Allow")
			}
			if header.Get("Cache-Control") != "no-store" {
				t.Error("the answer may be kept")
			}
		})
	}
}

// checkRefusal holds that whatever is refused says why in an ErrorBody.
func checkRefusal(t *testing.T, code int, body string) {
	t.Helper()
	if code == http.StatusOK {
		return
	}
	var refusal admin.ErrorBody
	if err := json.Unmarshal([]byte(body), &refusal); err != nil || refusal.Error == "" {
		t.Errorf("refusal %q is not an ErrorBody", body)
	}
}

func TestRedactionLeavesTheGatewaysOwnDataAlone(t *testing.T) {
	t.Parallel()
	shared := plugins()
	o := options()
	o.Plugins = func() []admin.Plugin { return shared }
	ask(t, newServer(t, o).Handler(), http.MethodGet, "/api/v1/plugins", "localhost")
	if diff := cmp.Diff(plugins(), shared); diff != "" {
		t.Errorf("the gateway's list has changed (-want +got):\n%s", diff)
	}
}

func TestHosts(t *testing.T) {
	t.Parallel()
	o := options()
	o.Listen, o.Hosts = "Gateway.internal:9480", []string{"scrape.example:9480"}
	server := newServer(t, o)
	for host, known := range map[string]bool{
		"127.0.0.1:9480": true, "localhost": true, "LOCALHOST:9480": true, "switchhook.localhost:1": true,
		"[::1]:9480": true, "[::1]": true, "10.1.2.3:9480": true, "": true,
		"gateway.internal:9480": true, "gateway.internal.": true, "scrape.example": true,
		"evil.example": false, "127.0.0.1.evil.example:9480": false, "localhost.evil.example": false,
		"evil.example:127.0.0.1": false, "notlocalhost": false,
	} {
		t.Run("host "+host, func(t *testing.T) {
			t.Parallel()
			for _, path := range []string{"/metrics", "/api/v1/status", "/-/ready", "/nothing"} {
				code, _, _ := ask(t, server.Handler(), http.MethodGet, path, host)
				if refused := code == http.StatusMisdirectedRequest; refused == known {
					t.Errorf("%s: %d, want refused %v", path, code, !known)
				}
			}
			if code, _, _ := ask(t, server.SocketHandler(), http.MethodGet, "/-/ready", host); code != 200 {
				t.Errorf("the socket, which no web page reaches, answered %d", code)
			}
		})
	}
}

func TestReadiness(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		state    string
		degraded []admin.Reason
		code     int
		reason   string
	}{
		"starting is not ready":   {admin.StateStarting, nil, 503, "starting"},
		"draining is not ready":   {admin.StateDraining, nil, 503, "draining"},
		"an unknown state is not": {"stopped", nil, 503, "does not answer"},
		"ready":                   {admin.StateReady, nil, 200, ""},
		"degraded is ready all the same, with the reasons": {
			admin.StateReady, []admin.Reason{
				{Kind: admin.ReasonPluginDown, Text: "plugin blacklist is failed: no licence", Public: "plugin blacklist is failed"},
				{Kind: admin.ReasonPluginDown, Text: "plugin words is failed: no words", Public: "plugin words is failed"},
				{Kind: admin.ReasonInboxFull, Text: "events are not accepted: full", Public: "events are not accepted"},
			}, 200, `"degraded":["plugin blacklist is failed","plugin words is failed","events are not accepted"],"degraded_reasons":[` +
				`{"reason":"plugin_down","text":"plugin blacklist is failed"},{"reason":"plugin_down","text":"plugin words is failed"},` +
				`{"reason":"inbox_full","text":"events are not accepted"}]`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options()
			registry := prometheus.NewRegistry()
			o.Gatherer, o.Registerer = registry, registry
			o.Status = func() admin.Status { return admin.Status{State: tt.state, DegradedReasons: tt.degraded} }
			code, _, body := ask(t, newServer(t, o).Handler(), http.MethodGet, "/-/ready", "localhost")
			if code != tt.code || !strings.Contains(body, tt.reason) {
				t.Errorf("ready: %d %s, want %d with %q", code, body, tt.code, tt.reason)
			}
			if err := testutil.GatherAndCompare(registry, strings.NewReader(stateSeries(tt.code == 200, tt.degraded)),
				"switchhook_ready", "switchhook_degraded", "switchhook_degraded_reasons"); err != nil {
				t.Error(err)
			}
		})
	}
}

// stateSeries is what the metrics have to say of a gateway, each kind of reason included.
func stateSeries(ready bool, degraded []admin.Reason) string {
	var text strings.Builder
	gauge := func(name, help string, value map[bool]int, is bool) {
		fmt.Fprintf(&text, "# HELP %s %s\n# TYPE %s gauge\n%s %d\n", name, help, name, name, value[is])
	}
	bit := map[bool]int{true: 1}
	gauge("switchhook_degraded", "1 while something is wrong and callbacks are answered all the same; /-/ready gives the reasons.", bit, len(degraded) > 0)
	text.WriteString("# HELP switchhook_degraded_reasons How many reasons of the kind /-/ready gives for being degraded.\n# TYPE switchhook_degraded_reasons gauge\n")
	for _, kind := range admin.ReasonKinds() {
		n := 0
		for _, r := range degraded {
			if r.Kind == kind {
				n++
			}
		}
		fmt.Fprintf(&text, "switchhook_degraded_reasons{reason=%q} %d\n", kind, n)
	}
	gauge("switchhook_ready", "1 while /-/ready answers 200: callbacks are answered.", bit, ready)
	return text.String()
}

// A plugin may print a secret when it fails: what it said stays on the machine.
func TestWhatPluginsSayStaysOnTheSocket(t *testing.T) {
	t.Parallel()
	const secret = "password=hush"
	o := options()
	o.Status = func() admin.Status {
		s := status()
		s.DegradedReasons = []admin.Reason{{Kind: admin.ReasonPluginDown, Text: "plugin words is failed: it printed " + secret, Public: "plugin words is failed"}}
		return s
	}
	o.Plugins = func() []admin.Plugin {
		return []admin.Plugin{{Name: "words", State: "failed", Error: "it printed " + secret}}
	}
	s := newServer(t, o)
	for _, path := range []string{"/-/ready", "/api/v1/status", "/api/v1/plugins"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			if _, _, body := ask(t, s.SocketHandler(), http.MethodGet, path, "localhost"); !strings.Contains(body, secret) {
				t.Errorf("the socket conceals what the plugin said: %s", body)
			}
			_, _, body := ask(t, s.Handler(), http.MethodGet, path, "localhost")
			if strings.Contains(body, "hush") || !strings.Contains(body, "words") || !strings.Contains(body, "failed") {
				t.Errorf("TCP says %s, want the plugin and its state alone", body)
			}
		})
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	o := options()
	o.Gatherer, o.Registerer, o.Version = registry, registry, "1.2.3"
	server := newServer(t, o)
	problems, err := testutil.GatherAndLint(registry)
	if err != nil || len(problems) > 0 {
		t.Errorf("lint: %v %v", problems, err)
	}
	broken := prometheus.NewDesc("switchhook_broken", "Never comes.", nil, nil)
	registry.MustRegister(failing{broken})
	code, _, body := ask(t, server.Handler(), http.MethodGet, "/metrics", "localhost")
	for _, want := range []string{`switchhook_build_info{`, `version="1.2.3"`, "switchhook_degraded 0", "promhttp_metric_handler_errors_total"} {
		if code != 200 || !strings.Contains(body, want) {
			t.Errorf("metrics: %d without %s, although only one collector is broken:\n%s", code, want, body)
		}
	}
	if _, err := admin.New(o); err == nil {
		t.Error("the same metrics were registered twice")
	}
}

// failing is a collector that cannot collect.
type failing struct{ desc *prometheus.Desc }

func (f failing) Describe(ch chan<- *prometheus.Desc) { ch <- f.desc }

func (f failing) Collect(ch chan<- prometheus.Metric) {
	ch <- prometheus.NewInvalidMetric(f.desc, errors.New("disk on fire"))
}

func TestServeEndsWithItsContext(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	o := options()
	o.Listen = "127.0.0.1:0"
	o.Routes = func() []admin.Route { close(entered); <-leave; return nil }
	server := newServer(t, o)
	l, err := server.Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served, answered := make(chan error, 1), make(chan error, 1)
	go func() { served <- server.Serve(ctx, l) }()
	go func() {
		resp, err := http.Get("http://" + l.Addr().String() + "/api/v1/routes")
		if err == nil {
			_, err = io.ReadAll(resp.Body)
			_ = resp.Body.Close()
		}
		answered <- err
	}()
	<-entered
	cancel()
	close(leave)
	if err := <-answered; err != nil {
		t.Errorf("the request under way was cut off: %v", err)
	}
	if err := <-served; err != nil {
		t.Errorf("Serve: %v", err)
	}
	if _, err := net.Dial("tcp", l.Addr().String()); err == nil {
		t.Error("the listener is still open")
	}
}

func TestAnAddressInUseNamesHolderAndFlag(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	o := options()
	o.Listen = taken.Addr().String()
	o.Describe = func(string) string { return " by nginx (pid 7)" }
	_, err = newServer(t, o).Listen(t.Context())
	for _, want := range []string{o.Listen, "in use by nginx (pid 7): stop it", "--admin-listen"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Listen: %v, want it to name %s", err, want)
		}
	}
}

// shortDir returns a directory whose path leaves room for a socket's name.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "sh") //nolint:usetesting // t.TempDir is too long for a socket's path
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "data")
}
