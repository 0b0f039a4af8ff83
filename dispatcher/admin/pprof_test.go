package admin_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/admin"
)

// cameIn gives a request the address of the listener that it came in at.
func cameIn(r *http.Request, ip string) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, net.Addr(&net.TCPAddr{IP: net.ParseIP(ip), Port: 9480})))
}

func TestProfilesAreForWhoSwitchesThemOn(t *testing.T) {
	t.Parallel()
	on := options()
	on.Pprof = true
	off, server := newServer(t, options()), newServer(t, on)
	for name, tt := range map[string]struct {
		handler          http.Handler
		path, host, came string
		code             int
		body             string
	}{
		"off over TCP":                           {off.Handler(), "/debug/pprof/", "localhost", "127.0.0.1", 404, "no such path"},
		"off on the socket":                      {off.SocketHandler(), "/debug/pprof/heap", "localhost", "127.0.0.1", 404, "no such path"},
		"the list on the socket":                 {server.SocketHandler(), "/debug/pprof/", "localhost", "", 200, "goroutine"},
		"the list to this machine":               {server.Handler(), "/debug/pprof/", "localhost:9480", "127.0.0.1", 200, "goroutine"},
		"a profile to this machine":              {server.Handler(), "/debug/pprof/goroutine?debug=1", "127.0.0.1:9480", "127.0.0.1", 200, "goroutine profile"},
		"one over IPv6":                          {server.Handler(), "/debug/pprof/goroutine?debug=1", "[::1]:9480", "::1", 200, "goroutine profile"},
		"none to another machine":                {server.Handler(), "/debug/pprof/heap", "192.0.2.7:9480", "192.0.2.7", 403, "the gateway's machine alone"},
		"none where nobody knows who asks":       {server.Handler(), "/debug/pprof/heap", "localhost", "", 403, "the gateway's machine alone"},
		"none to a page that rebinds its name":   {server.Handler(), "/debug/pprof/heap", "evil.example", "127.0.0.1", 421, "host name"},
		"a profile that nobody knows":            {server.Handler(), "/debug/pprof/hush", "localhost", "127.0.0.1", 404, "Unknown profile"},
		"no command line, which has paths":       {server.SocketHandler(), "/debug/pprof/cmdline", "localhost", "", 404, "no such path"},
		"a recording that goes on for too long":  {server.Handler(), "/debug/pprof/profile?seconds=61", "localhost", "127.0.0.1", 400, "up to 60"},
		"a trace that goes on for too long":      {server.Handler(), "/debug/pprof/trace?seconds=1e9", "localhost", "127.0.0.1", 400, "up to 60"},
		"a difference that goes on for too long": {server.Handler(), "/debug/pprof/heap?seconds=NaN", "localhost", "127.0.0.1", 400, "up to 60"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, tt.path, nil)
			r.Host = tt.host
			if tt.came != "" {
				r = cameIn(r, tt.came)
			}
			rec := httptest.NewRecorder()
			tt.handler.ServeHTTP(rec, r)
			if rec.Code != tt.code || !strings.Contains(rec.Body.String(), tt.body) {
				t.Errorf("%d %s, want %d with %q", rec.Code, rec.Body, tt.code, tt.body)
			}
		})
	}
}

// patientWriter notes until when an answer may be written.
type patientWriter struct {
	*httptest.ResponseRecorder

	until time.Time
}

func (w *patientWriter) SetWriteDeadline(at time.Time) error {
	w.until = at
	return nil
}

// A recording may take longer than any other answer of the admin side.
func TestARecordingHasTheTimeThatItTakes(t *testing.T) {
	t.Parallel()
	o := options()
	o.Pprof = true
	const usual = 15 * time.Second
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), http.ServerContextKey, &http.Server{WriteTimeout: usual}))
	cancel() // so that it ends at once
	r := cameIn(httptest.NewRequestWithContext(ctx, http.MethodGet, "/debug/pprof/allocs?seconds=30", nil), "127.0.0.1")
	r.Host = "localhost"
	w, before := &patientWriter{ResponseRecorder: httptest.NewRecorder()}, time.Now()
	newServer(t, o).Handler().ServeHTTP(w, r)
	if w.until.Before(before.Add(30 * time.Second)) {
		t.Errorf("it has until %s, and begins at %s", w.until, before)
	}
}

// A profile comes over the real listener, whole.
func TestAProfileComesOverTheWire(t *testing.T) {
	t.Parallel()
	o := options()
	o.Pprof, o.Listen = true, "127.0.0.1:0"
	server := newServer(t, o)
	l, err := server.Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	for path, want := range map[string]int{"/debug/pprof/heap": 200, "/livez": 200, "/readyz?verbose": 200} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+l.Addr().String()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: %s", path, res.Status)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

// Kubernetes and its tools ask for health by names of their own.
func TestHealthHasItsOtherNames(t *testing.T) {
	t.Parallel()
	o := options()
	o.Status = func() admin.Status { return admin.Status{State: admin.StateDraining, PID: 4711} }
	server := newServer(t, o)
	for alias, path := range map[string]string{"/livez": "/-/healthy", "/readyz": "/-/ready", "/readyz?verbose": "/-/ready"} {
		code, _, body := ask(t, server.Handler(), http.MethodGet, alias, "localhost")
		wantCode, _, want := ask(t, server.Handler(), http.MethodGet, path, "localhost")
		if code != wantCode || body != want {
			t.Errorf("%s: %d %s, want %d %s", alias, code, body, wantCode, want)
		}
	}
}
