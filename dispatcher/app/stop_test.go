package app_test

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/admin"
)

func TestStopFinishesWhatIsInFlight(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.configure("shutdown_grace: 60s\nroutes:\n  " + greeting + ": {timeout: 60s}\n")
	r.install("obedient", "obedient")
	r.start()
	later := r.sendLater(greeting, "wait")
	r.log.Await(t, "obeying", "wait")
	r.wantMetric("switchhook_ready", 1)
	r.signal(syscall.SIGTERM)
	eventually(t, "connections are refused", func() bool {
		conn, err := net.Dial("tcp", r.listen)
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	})
	code, said := r.ready()
	if code != http.StatusServiceUnavailable || said.State != "draining" || len(said.Reasons) != 1 || !strings.Contains(said.Reasons[0], "about to stop") {
		t.Errorf("ready says %d %+v while a callback is in flight", code, said)
	}
	r.wantMetric("switchhook_ready", 0)
	if code, text := r.get("/-/healthy"); code != http.StatusOK || text != `{"status":"healthy"}`+"\n" {
		t.Errorf("healthy says %d %s while a callback is in flight", code, text)
	}
	select {
	case got := <-later:
		t.Errorf("the callback in flight was answered early: %s", got)
	default:
	}
	r.write("data/plugins/obedient/data/go", "")
	r.want("the callback in flight", <-later, okReply)
	if code := r.process.ExitCode(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// A load balancer sees that the gateway is about to stop before connections are
// refused.
func TestStopIsAnnounced(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.configure("shutdown_delay: 3s\nhealth_path: /health\n")
	r.install("steady", "steady")
	r.start()
	if code := r.health(); code != http.StatusOK {
		t.Errorf("the health path answers %d", code)
	}
	r.signal(syscall.SIGTERM)
	eventually(t, "the gateway is not ready any more", func() bool {
		code, said := r.ready()
		return code == http.StatusServiceUnavailable && said.State == "draining"
	})
	if code := r.health(); code != http.StatusServiceUnavailable {
		t.Errorf("the health path answers %d while the gateway drains", code)
	}
	r.want("a callback before the load balancer has looked", r.send(event, ""), okReply)
	if code := r.process.ExitCode(); code != 0 { // before a second SIGTERM, which ends it at once
		t.Errorf("exit code %d", code)
	}
}

// health asks the public listener's health path.
func (r *rig) health() int {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, "http://"+r.listen+"/health", nil)
	if err != nil {
		r.t.Fatal(err)
	}
	res, err := r.client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// A callback that never ends keeps the gateway for the stated grace and no
// longer, and its process is gone with the rest.
func TestStopDespiteAStuckCallback(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.configure("shutdown_grace: 1s\nroutes:\n  " + greeting + ": {timeout: 60s}\n")
	r.install("obedient", "obedient")
	r.start()
	later := r.sendLater(greeting, "hang")
	r.log.Await(t, "obeying", "hang")
	r.signal(syscall.SIGTERM)
	if code := r.process.ExitCode(); code != 1 {
		t.Errorf("exit code %d, want 1: a callback was cut off", code)
	}
	<-later
	r.wantSaid("the log", r.log.String(), "finish callbacks in flight")
	r.checkNothingLeft()
}

func TestStopWhilePluginsStart(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.script("bin/plugins/slow", "echo waiting for the database >&2; exec sleep 1000")
	r.process = r.spawn(r.switchhook(slices.Concat([]string{"serve", "--config", "switchhook.yaml"}, freePorts())...), r.log)
	r.log.Await(t, "waiting for the database")
	r.ask(func(ctx context.Context, c *admin.Client) error {
		said, ready, err := c.Ready(ctx)
		if ready || said.State != admin.StateStarting || len(said.Reasons) != 1 {
			t.Errorf("ready: %t, and says %+v, while a plugin starts", ready, said)
		}
		return err
	})
	r.signal(syscall.SIGHUP) // a reload comes after the start, and must not end it
	r.signal(syscall.SIGTERM)
	if code := r.process.ExitCode(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	r.checkNothingLeft()
}

// A gateway that is killed takes its plugins along, and the next one finds the
// data as it was.
func TestKilledGatewayComesBack(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.installBlacklist()
	r.start()
	r.want("a callback", r.post(r.query(shopApp, event, shopToken), []byte(threePairs)), okReply)
	r.signal(syscall.SIGKILL)
	r.process.ExitCode()
	eventually(t, "the plugins of the killed gateway are gone", func() bool { return len(r.processes()) == 0 })

	r.start()
	if rows := r.blacklist(); len(rows) != 3 {
		t.Errorf("rows: %+v", rows)
	}
	r.want("a callback", r.post(r.query(shopApp, event, shopToken), []byte(threePairs)), okReply)
	if dirs, err := os.ReadDir(r.path("data/run")); err != nil || len(dirs) != 2 { // the lock and one plugin
		t.Errorf("sockets of the killed gateway were not swept: %v (%v)", dirs, err)
	}
}

func TestSecondGatewayNamesTheFirst(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("steady", "steady")
	r.start()
	pid := strconv.Itoa(r.process.PID())
	tests := map[string]struct {
		args []string
		says []string
	}{
		"the same data dir": {
			freePorts(), []string{r.path("data"), "PID " + pid, "--data-dir"},
		},
		"the same port": {
			[]string{"--listen", r.listen, "--admin-listen", "127.0.0.1:0", "--data-dir", "other"},
			[]string{r.listen, "switchhook (pid " + pid + ")", "--listen"},
		},
		"the same admin port": {
			[]string{"--listen", "127.0.0.1:0", "--admin-listen", r.admin, "--data-dir", "other"},
			[]string{r.admin, "switchhook (pid " + pid + ")", "--admin-listen"},
		},
	}
	for name, tt := range tests {
		said := r.wantRun(1, append([]string{"serve", "--config", "switchhook.yaml"}, tt.args...)...)
		r.wantSaid(name, said, tt.says...)
	}
	r.want("the first gateway", r.send(event, ""), okReply)
}

// handOver starts the gateway with a listener of the test's, as a service
// manager does.
func (r *rig) handOver(listener net.Listener, args ...string) *exec.Cmd {
	r.t.Helper()
	tcp, ok := listener.(*net.TCPListener)
	if !ok {
		r.t.Fatalf("the listener is a %T", listener)
	}
	file, err := tcp.File()
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = file.Close() })
	program := r.switchhook(append([]string{"serve", "--admin-listen", "127.0.0.1:0"}, args...)...)
	cmd := exec.Command("/bin/sh", append([]string{"-c", `LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"`, "sh"}, program.Args...)...)
	cmd.Dir, cmd.Env, cmd.ExtraFiles = program.Dir, program.Env, []*os.File{file}
	return cmd
}

// Behind socket activation nobody is refused while the gateway is started anew:
// the listener stays.
func TestListenerHandedOver(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("steady", "steady")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close() //nolint:errcheck // the test's end
	r.launch(r.handOver(listener, "--config", "switchhook.yaml", "--listen", "192.0.2.1:1"))
	if r.listen != listener.Addr().String() {
		t.Errorf("listens on %s, handed over was %s", r.listen, listener.Addr())
	}
	r.want("a callback", r.send(event, ""), okReply)
	r.client.CloseIdleConnections()
	r.stop()
	later := r.sendLater(event, "") // it waits in the listener
	r.launch(r.handOver(listener, "--config", "switchhook.yaml"))
	r.want("a callback sent while no gateway ran", <-later, okReply)
	r.awaitPlugin("steady")
}

// An app without a token is for this machine alone, also where the listener
// comes from somebody else.
func TestAppWithoutTokenIsForLoopback(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.wantSaid("a flag", r.wantRun(2, "serve", "--app", shopApp, "--listen", ":0"), "--listen :0", "loopback", "@TOKENFILE")

	everywhere, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer everywhere.Close() //nolint:errcheck // the test's end
	p := r.spawn(r.handOver(everywhere, "--app", shopApp), r.log)
	if code := p.ExitCode(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	r.wantSaid("the refusal", r.log.String(), everywhere.Addr().String(), "without a token", "--app SDKAPPID=@TOKENFILE")
}
