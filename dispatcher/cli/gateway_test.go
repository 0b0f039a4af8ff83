package cli_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/admin/recent"
	front "github.com/switchhook/switchhook/dispatcher/gateway"
)

// gateway is what a script's commands talk to: a real admin side over a real
// socket, and a listener that answers callbacks as the script says and keeps
// what it got.
type gateway struct {
	mu       sync.Mutex
	status   admin.Status
	plugins  []admin.Plugin
	routes   []admin.Route
	report   admin.ReloadReport
	swap     admin.Swap
	bypass   admin.BypassReport
	orders   []string
	refusal  string
	code     int
	body     string
	hang     bool
	received []received
	inbox    fakeInbox
	id       string // of the callbacks, as the answers tell it
	recent   *recent.Memory
}

// received is one request.
type received struct{ Query, Body string }

// setupGateway starts a gateway for one script: $ADMIN is its socket, $URL where
// it takes callbacks.
func setupGateway(env *testscript.Env) error {
	g := &gateway{recent: recent.New(64), code: http.StatusOK, body: `{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}`}
	server := httptest.NewServer(g)
	env.Defer(server.Close)
	g.status = admin.Status{
		Version: "v0.0.0-test", State: admin.StateReady, Listen: server.URL, CallbackPath: "/im",
		Apps: []admin.AppInfo{{ID: "1400000001", Name: "shop", Insecure: true}},
	}
	socket, err := g.serveAdmin(env)
	if err != nil {
		return err
	}
	env.Vars = append(env.Vars, "ADMIN="+socket, "URL="+server.URL+"/im", "SWITCHHOOK_TOKEN=",
		"GORACE=atexit_sleep_ms=0") // else the race detector waits a second at the end of every process
	env.Values["gateway"] = g
	return nil
}

// serveAdmin serves the admin side on a socket with a short path.
func (g *gateway) serveAdmin(env *testscript.Env) (socket string, err error) {
	dir, err := os.MkdirTemp("", "sh")
	if err != nil {
		return "", err
	}
	env.Defer(func() { _ = os.RemoveAll(dir) })
	server, err := admin.New(admin.Options{
		Gatherer: prometheus.NewRegistry(), Logger: slog.New(slog.DiscardHandler),
		Status:       func() admin.Status { g.mu.Lock(); defer g.mu.Unlock(); return g.status },
		Plugins:      func() []admin.Plugin { g.mu.Lock(); defer g.mu.Unlock(); return g.plugins },
		Routes:       func() []admin.Route { g.mu.Lock(); defer g.mu.Unlock(); return g.routes },
		Reload:       g.reload,
		ChangePlugin: g.changePlugin, Bypass: g.setBypass, Inbox: g.keep(), Recent: g.recent,
	})
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithCancel(context.Background())
	socket = filepath.Join(dir, admin.SocketName)
	l, err := admin.ListenSocket(ctx, socket)
	if err != nil {
		cancel()
		return "", err
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, l) }()
	env.Defer(func() {
		cancel()
		if err := <-done; err != nil {
			env.T().Log("admin side:", err)
		}
	})
	return socket, nil
}

func (g *gateway) reload(context.Context) (admin.ReloadReport, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.refusal != "" {
		return admin.ReloadReport{}, errors.New(g.refusal)
	}
	return g.report, nil
}

func (g *gateway) changePlugin(_ context.Context, o admin.PluginOrder) (admin.Swap, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.orders = append(g.orders, fmt.Sprintf("%s %s path=%s drop_claims=%t", o.Action, o.Name, o.Path, o.DropClaims))
	if g.refusal != "" {
		return admin.Swap{}, errors.New(g.refusal)
	}
	return g.swap, nil
}

func (g *gateway) setBypass(_ context.Context, o admin.BypassOrder) (admin.BypassReport, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.orders = append(g.orders, fmt.Sprintf("bypass %s app=%s decision=%s for=%s off=%t", o.Command, o.App, o.Decision, o.For, o.Off))
	if g.refusal != "" {
		return admin.BypassReport{}, errors.New(g.refusal)
	}
	return g.bypass, nil
}

// ordered is `ordered FILE`: the changes that were asked for since the last time.
func (g *gateway) ordered(ts *testscript.TestScript, args []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Join(append(g.orders, ""), "\n")), 0o600))
	g.orders = nil
}

// ServeHTTP answers a callback.
func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	g.mu.Lock()
	g.received = append(g.received, received{r.URL.Path + "?" + r.URL.RawQuery, string(body)})
	code, reply, hang := g.code, g.body, g.hang
	if g.id != "" {
		w.Header().Set(front.IDHeader, g.id)
	}
	g.mu.Unlock()
	if hang {
		<-r.Context().Done()
		return
	}
	w.WriteHeader(code)
	_, _ = io.WriteString(w, reply)
}

// serveTLS is `tls`: callbacks are taken over TLS from now on, at $URL, with a
// certificate that nobody knows.
func (g *gateway) serveTLS(ts *testscript.TestScript) {
	server := httptest.NewUnstartedServer(g)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.StartTLS()
	ts.Defer(server.Close)
	ts.Setenv("URL", server.URL+"/im")
	g.mu.Lock()
	defer g.mu.Unlock()
	g.status.Listen = server.URL
}

func gatewayOf(ts *testscript.TestScript) *gateway {
	g, ok := ts.Value("gateway").(*gateway)
	if !ok {
		ts.Fatalf("no gateway")
	}
	return g
}

// setApps is `apps ID[=NAME][:TOKENS]...`.
func (g *gateway) setApps(ts *testscript.TestScript, args []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.status.Apps = nil
	for _, arg := range args {
		arg, tokens, _ := strings.Cut(arg, ":")
		id, name, _ := strings.Cut(arg, "=")
		n, err := strconv.Atoi("0" + tokens)
		ts.Check(err)
		g.status.Apps = append(g.status.Apps, admin.AppInfo{ID: id, Name: name, Tokens: n, Insecure: n == 0})
	}
}

// setReply is `reply STATUS BODY` or `reply hang`.
func (g *gateway) setReply(ts *testscript.TestScript, args []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.hang = args[0] == "hang"; g.hang {
		return
	}
	code, err := strconv.Atoi(args[0])
	ts.Check(err)
	g.code, g.body = code, args[1]
}

// load is `plugins FILE` or `routes FILE`: what the admin side tells.
func (g *gateway) load(ts *testscript.TestScript, file string, into any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(file)), into))
}

// setReload is `reload FILE` for a report, or `reload refuse FILE` for problems.
func (g *gateway) setReload(ts *testscript.TestScript, args []string) {
	if args[0] != "refuse" {
		g.load(ts, args[0], &g.report)
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refusal = strings.TrimSpace(ts.ReadFile(args[1]))
}

// write is `received FILE`: what came since the last time, a query and a body a
// line.
func (g *gateway) write(ts *testscript.TestScript, args []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	var text strings.Builder
	for _, r := range g.received {
		fmt.Fprintf(&text, "%s\n%s\n", r.Query, strings.TrimSpace(r.Body))
	}
	g.received = nil
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text.String()), 0o600))
}

// exits is `exits CODE PROGRAM [ARG]...`: it runs the program, and its exit code
// has to be that one.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}
