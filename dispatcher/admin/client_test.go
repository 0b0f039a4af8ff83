package admin_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/admin"
)

// start serves o on a socket and on TCP, and returns a client of each.
func start(t *testing.T, o admin.Options) (socket, tcp *admin.Client) {
	t.Helper()
	o.Listen = "127.0.0.1:0"
	server := newServer(t, o)
	path := filepath.Join(shortDir(t), admin.SocketName)
	unix, err := admin.ListenSocket(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	inet, err := server.Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 2)
	for _, l := range []net.Listener{unix, inet} {
		go func() { done <- server.Serve(ctx, l) }()
	}
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-done, <-done); err != nil {
			t.Error(err)
		}
	})
	return newClient(t, path), newClient(t, "http://"+inet.Addr().String()+"/")
}

func newClient(t *testing.T, target string) *admin.Client {
	t.Helper()
	c, err := admin.NewClient(target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestClientReadsWhatTheServerSays(t *testing.T) {
	t.Parallel()
	socket, tcp := start(t, options())

	got, err := socket.Status(t.Context())
	if diff := cmp.Diff(status(), got); err != nil || diff != "" {
		t.Errorf("status: %v (-want +got):\n%s", err, diff)
	}
	list, err := socket.Plugins(t.Context())
	if diff := cmp.Diff(plugins(), list); err != nil || diff != "" {
		t.Errorf("plugins: %v (-want +got):\n%s", err, diff)
	}
	table, err := socket.Routes(t.Context())
	if diff := cmp.Diff(routes(), table); err != nil || diff != "" {
		t.Errorf("routes: %v (-want +got):\n%s", err, diff)
	}

	redacted := status()
	redacted.PID, redacted.ConfigFile, redacted.DataDir = 0, "", ""
	got, err = tcp.Status(t.Context())
	if diff := cmp.Diff(redacted, got); err != nil || diff != "" {
		t.Errorf("status over TCP: %v (-want +got):\n%s", err, diff)
	}
	list, err = tcp.Plugins(t.Context())
	if err != nil || len(list) != 1 || list[0].Config != nil {
		t.Errorf("plugins over TCP: %v %+v, want no configuration", err, list)
	}
}

func TestClientTellsUnreadyFromUnreachable(t *testing.T) {
	t.Parallel()
	o := options()
	o.Status = func() admin.Status { return admin.Status{State: admin.StateDraining} }
	socket, _ := start(t, o)
	r, ready, err := socket.Ready(t.Context())
	if err != nil || ready || r.State != admin.StateDraining || len(r.Reasons) != 1 {
		t.Errorf("Ready of a draining gateway: %+v %v %v", r, ready, err)
	}
}

func TestReload(t *testing.T) {
	t.Parallel()
	want := admin.ReloadReport{Changed: []string{"apps.1400000001"}, Restart: []string{"listen"}, Warnings: []string{}}
	o := options()
	o.Reload = func(context.Context) (admin.ReloadReport, error) {
		return admin.ReloadReport{Changed: want.Changed, Restart: want.Restart}, nil
	}
	socket, tcp := start(t, o)
	report, err := socket.Reload(t.Context())
	if diff := cmp.Diff(want, report); err != nil || diff != "" {
		t.Errorf("Reload: %v (-want +got):\n%s", err, diff)
	}
	if _, err := tcp.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), "unix socket") {
		t.Errorf("Reload over TCP: %v", err)
	}
}

func TestARefusedReloadTellsEveryProblem(t *testing.T) {
	t.Parallel()
	problems := "gateway.yaml:1:1: listen: no port\ngateway.yaml:2:1: apps: no such app"
	o := options()
	o.Reload = func(context.Context) (admin.ReloadReport, error) { return admin.ReloadReport{}, errors.New(problems) }
	socket, _ := start(t, o)
	if _, err := socket.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), problems) {
		t.Errorf("Reload: %v, want both problems", err)
	}
}

func TestNewClientExplainsABadAddress(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{
		"":                       "empty",
		"ftp://localhost":        "neither",
		"http://":                "neither",
		"http://[::1":            "neither",
		strings.Repeat("p", 200): "shorter",
	} {
		t.Run("address "+target, func(t *testing.T) {
			t.Parallel()
			if _, err := admin.NewClient(target); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("NewClient: %v, want %q", err, want)
			}
		})
	}
}

func TestClientErrorsSayWhatToDo(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	for name, tt := range map[string]struct {
		target func(t *testing.T) string
		want   string
		none   bool // nobody is there at all
	}{
		"no socket":               {func(*testing.T) string { return filepath.Join(dir, "admin.sock") }, "is it running? (--admin", true},
		"no port":                 {func(*testing.T) string { return "http://" + closed.Addr().String() }, "is it running? (--admin", true},
		"another program's pages": {answering(http.StatusOK, "<html>"), "is this a Switchhook admin address?", false},
		"another program's 404":   {answering(http.StatusNotFound, "no"), "answered 404 Not Found to /api/v1/status", false},
		"another program's login": {answering(http.StatusFound, ""), "answered 302 Found", false},
		"an answer without end":   {answering(http.StatusOK, strings.Repeat(" ", 17<<20)), "more than", false},
		"a refusal":               {answering(http.StatusMisdirectedRequest, `{"error":"not here"}`), "refused: not here", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := newClient(t, tt.target(t)).Status(t.Context())
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Status: %v, want %q", err, tt.want)
			}
			if got := errors.Is(err, admin.ErrNoGateway); got != tt.none {
				t.Errorf("errors.Is(%v, ErrNoGateway) = %v", err, got)
			}
		})
	}
}

// answering returns what starts a server that gives every request one answer.
func answering(code int, body string) func(*testing.T) string {
	return func(t *testing.T) string {
		t.Helper()
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if code == http.StatusFound {
				w.Header().Set("Location", "/login")
			}
			w.WriteHeader(code)
			_, _ = w.Write([]byte(body))
		}))
		t.Cleanup(server.Close)
		return server.URL
	}
}

func TestAClientDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	leave := make(chan struct{})
	o := options()
	o.Routes = func() []admin.Route { <-leave; return nil }
	socket, _ := start(t, o)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := socket.Routes(ctx)
	close(leave)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "did not answer in time") {
		t.Errorf("Routes: %v, want the deadline", err)
	}
}

func TestAClientGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	leave := make(chan struct{})
	o := options()
	ctx, cancel := context.WithCancel(t.Context())
	o.Routes = func() []admin.Route { cancel(); <-leave; return nil }
	socket, _ := start(t, o)
	_, err := socket.Routes(ctx)
	close(leave)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Routes: %v, want it cancelled", err)
	}
}
