package serve_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/switchhook/switchhook/sdk/wire"
)

// byHand is the test plugin, started by a person.
type byHand struct {
	cmd    *exec.Cmd
	file   string
	stderr *record
}

// wait starts the plugin with a file in dir and returns when it waits.
func wait(t *testing.T, dir string) *byHand {
	t.Helper()
	return waitAs(t, dir, "plugin")
}

// waitAs is wait for another role of the test binary.
func waitAs(t *testing.T, dir, role string) *byHand {
	t.Helper()
	p := begin(t, dir, role)
	p.stderr.await(t, "waits for a gateway")
	return p
}

func begin(t *testing.T, dir, role string) *byHand {
	t.Helper()
	p := &byHand{cmd: exec.Command(self(t)), file: filepath.Join(dir, "trial.json"), stderr: newRecord()}
	p.cmd.Env = []string{roleKey + "=" + role, wire.AttachKey + "=" + p.file, "GORACE=atexit_sleep_ms=0"}
	p.cmd.Stderr = p.stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if p.cmd.ProcessState == nil {
			_ = p.cmd.Process.Kill()
			_ = p.cmd.Wait()
		}
	})
	return p
}

// attach comes to the plugin as a gateway does and configures it.
func (p *byHand) attach(t *testing.T, config string) (client *wire.Client, leave func()) {
	t.Helper()
	client, leave = p.connect(t)
	if err := client.Configure(t.Context(), wire.Configuration{Config: json.RawMessage(config)}); err != nil {
		t.Fatalf("%v\n%s", err, p.stderr)
	}
	return client, leave
}

// connect comes to the plugin and says nothing yet.
func (p *byHand) connect(t *testing.T) (client *wire.Client, leave func()) {
	t.Helper()
	where, err := wire.ReadReattach(p.file, os.Geteuid())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := grpc.NewClient(where.Network+":"+where.Address,
		append(wire.DialOptions(), grpc.WithTransportCredentials(insecure.NewCredentials()))...)
	if err != nil {
		t.Fatal(err)
	}
	client = wire.NewClient(conn, wire.ClientOptions{})
	leave = func() {
		_ = client.Close()
		_ = conn.Close()
	}
	t.Cleanup(leave)
	return client, leave
}

// interrupt is Ctrl-C; it returns the exit code.
func (p *byHand) interrupt(t *testing.T) int {
	t.Helper()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = p.cmd.Wait() // the exit code says it
	return p.cmd.ProcessState.ExitCode()
}

func TestPluginByHandTakesOneGatewayAfterTheOther(t *testing.T) {
	t.Parallel()
	p := wait(t, shortDir(t))
	for _, visit := range []struct {
		config, want string
		added        int // to the default names
	}{
		{`{"greeting": "good day", "names": {"x": "y"}}`, "good day", 1},
		{``, "hello", 0}, // the default again
	} {
		client, leave := p.attach(t, visit.config)
		if err := client.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		reply, err := client.Handle(t.Context(), call("Test.Greet"))
		if err != nil || reply.Info != visit.want || reply.Code != visit.added {
			t.Errorf("reply = %+v, %v, want %+v", reply, err, visit)
		}
		if err := client.Healthy(t.Context()); err != nil {
			t.Error(err)
		}
		leave()
		p.stderr.await(t, "msg=closed")
		p.stderr.reset()
	}
	if code := p.interrupt(t); code != 0 {
		t.Errorf("exit code = %d\n%s", code, p.stderr)
	}
}

func TestPluginByHandTurnsASecondGatewayAway(t *testing.T) {
	t.Parallel()
	p := wait(t, shortDir(t))
	client, _ := p.attach(t, "")
	second, _ := p.connect(t)
	if _, err := second.Describe(t.Context()); err == nil {
		t.Error("two gateways are served")
	}
	p.stderr.await(t, "a second gateway was turned away")
	if _, err := client.Handle(t.Context(), call("Test.Greet")); err != nil {
		t.Errorf("the first gateway: %v", err)
	}
}

func TestPluginByHandTurnsOtherUsersAway(t *testing.T) {
	t.Parallel()
	p := waitAs(t, shortDir(t), "plugin of another user")
	client, _ := p.connect(t)
	if _, err := client.Describe(t.Context()); err == nil {
		t.Error("a gateway of another user is served")
	}
	p.stderr.await(t, "somebody else than a gateway of this user was turned away")
}

func TestPluginByHandIsForItsUserAloneAndLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	p := wait(t, dir)
	for path, want := range map[string]os.FileMode{p.file: 0o600, p.file + ".d": 0o700 | os.ModeDir} {
		info, err := os.Stat(path)
		if err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v, want %v", path, info, err, want)
		}
	}
	client, _ := p.attach(t, "")
	answered := make(chan error, 1)
	go func() {
		_, err := client.Handle(context.Background(), call("Test.Slow"))
		answered <- err
	}()
	p.stderr.await(t, "slow begins")
	if code := p.interrupt(t); code != 0 {
		t.Errorf("exit code = %d\n%s", code, p.stderr)
	}
	if err := <-answered; err != nil {
		t.Errorf("the call under way: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}

func TestPluginByHandFollowsOneThatWasKilled(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	p := wait(t, dir)
	second := begin(t, dir, "plugin")
	if err := second.cmd.Wait(); err == nil || !strings.Contains(second.stderr.String(), "a plugin waits at "+p.file+" already") {
		t.Errorf("beside one that waits: %v\n%s", err, second.stderr)
	}
	if err := p.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = p.cmd.Wait() // it was killed
	third := wait(t, dir)
	third.attach(t, "")
}

func TestPluginByHandSaysWhyItCannotWait(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ file, want string }{
		"a folder that is not there": {"/nowhere/at/all/x.json", "no such file or directory"},
		"a path beyond the limit":    {"/tmp/" + strings.Repeat("x", 100), "choose a shorter one"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(self(t))
			cmd.Env = []string{roleKey + "=plugin", wire.AttachKey + "=" + test.file}
			out, err := cmd.CombinedOutput()
			if _, failed := errors.AsType[*exec.ExitError](err); !failed || !strings.Contains(string(out), test.want) {
				t.Errorf("%v:\n%s\nwant %s", err, out, test.want)
			}
		})
	}
}

func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "sh") //nolint:usetesting // a socket's path has to be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
