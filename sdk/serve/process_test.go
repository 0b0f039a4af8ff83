package serve_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/serve/internal/stdout"
	"github.com/switchhook/switchhook/sdk/wire"
)

func TestProcessServes(t *testing.T) {
	t.Parallel()
	for name, mtls := range map[string]bool{"in the clear": false, "with mutual TLS": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := launch(t, mtls)
			d, err := p.client.Describe(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if d.Name != "trial" || d.Version != "1.2.3" || d.Language != "go" || len(d.Claims) != 4 || !d.Has(wire.CapabilityStream) {
				t.Errorf("description = %+v", d)
			}
			p.configure(t, `{"greeting": "good day"}`)
			if err := p.client.Open(t.Context()); err != nil {
				t.Fatal(err)
			}
			reply, err := p.client.Handle(t.Context(), call("Test.Greet"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(sdk.Reply{Info: "good day"}, reply); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestStrayPrintsReachTheLogAndNotTheHandshake(t *testing.T) {
	t.Parallel()
	p := ready(t, "")
	if _, err := p.client.Handle(t.Context(), call("Test.Greet")); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"a stray print from a package variable\n", "a stray print from main\n", "a stray print from a handler\n",
	} {
		p.stderr.await(t, line)
	}
	if !stray {
		t.Error("the package variable is gone")
	}
}

func TestCookieOfTheGuardIsThatOfTheWire(t *testing.T) {
	t.Parallel()
	if stdout.CookieKey != wire.CookieKey || stdout.CookieValue != wire.CookieValue {
		t.Error("internal/stdout repeats another cookie than package wire has")
	}
}

func TestLogLinesAreJSONObjects(t *testing.T) {
	t.Parallel()
	p := ready(t, "")
	if _, err := p.client.Handle(t.Context(), call("Test.Greet")); err != nil {
		t.Fatal(err)
	}
	p.stderr.await(t, "by the log package")
	var started struct {
		Time    time.Time `json:"time"`
		Level   string    `json:"level"`
		Msg     string    `json:"msg"`
		DataDir string    `json:"data_dir"`
		Name    string    `json:"name"`
		Replica int       `json:"replica"`
	}
	lines := bufio.NewScanner(strings.NewReader(p.stderr.String()))
	for lines.Scan() && started.Msg != "started" {
		if strings.HasPrefix(lines.Text(), "{") {
			if err := json.Unmarshal(lines.Bytes(), &started); err != nil {
				t.Errorf("%s: %v", lines.Text(), err)
			}
		}
	}
	if started.Level != "INFO" || started.DataDir != "/nowhere" || started.Name != "renamed" || started.Replica != 2 || started.Time.IsZero() {
		t.Errorf("line of Start = %+v", started)
	}
}

func TestPanicFailsItsOwnCallAlone(t *testing.T) {
	t.Parallel()
	p := ready(t, "")
	_, err := p.client.Handle(t.Context(), call("Test.Panic"))
	if err == nil || sdk.KindOf(err) != sdk.KindFailed || !strings.Contains(err.Error(), "on purpose") {
		t.Errorf("err = %v", err)
	}
	p.stderr.await(t, "trial_test.go") // the stack
	if _, err := p.client.Handle(t.Context(), call("Test.Greet")); err != nil {
		t.Errorf("the next call: %v", err)
	}
}

func TestHealthIsTheTruth(t *testing.T) {
	t.Parallel()
	if err := ready(t, "").client.Healthy(t.Context()); err != nil {
		t.Errorf("a healthy plugin: %v", err)
	}
	err := ready(t, `{"greeting":"ill"}`).client.Healthy(t.Context())
	if err == nil || err.Error() != "the greeter is ill" {
		t.Errorf("an ill plugin: %v", err)
	}
}

func TestSettingsAreRefusedInWords(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ config, want string }{
		"an unknown key names those that are known": {`{"greting":"x"}`, `config: unknown key "greting" (known: greeting, names, token)`},
		"a wrong type names both":                   {`{"greeting":5}`, "config: greeting is a number, want string"},
		"what Start says comes through":             {`{"greeting":"none"}`, "start: greeting none is rude"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := launch(t, false).client.Configure(t.Context(), wire.Configuration{Config: json.RawMessage(test.config)})
			refused, ok := errors.AsType[*wire.RefusedError](err)
			if !ok || refused.Reason != test.want {
				t.Errorf("err = %v, want %s", err, test.want)
			}
		})
	}
}

func TestTerminationFinishesWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	p := ready(t, "")
	answered := make(chan error, 1)
	go func() {
		reply, err := p.client.Handle(context.Background(), call("Test.Slow"))
		if err == nil && reply.Info != "slowly" {
			err = fmt.Errorf("reply = %+v", reply)
		}
		answered <- err
	}()
	p.stderr.await(t, "slow begins")
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil { // for the gateway alone
		t.Fatal(err)
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := <-answered; err != nil {
		t.Errorf("the call under way: %v", err)
	}
	p.stderr.await(t, `"msg":"closed"`)
	<-p.client.Broken()
	p.host.Kill()
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit code = %d\n%s", code, p.stderr)
	}
}

func TestPluginRunByHandSaysWhatItIs(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	cmd := exec.Command(self(t))
	cmd.Env = []string{roleKey + "=plugin"}
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("run: %v", err)
	}
	for _, want := range []string{"trial 1.2.3 is a plugin of the Switchhook gateway", "Test.Greet", "switchhook serve --plugin-dir"} {
		if !strings.Contains(errs.String(), want) {
			t.Errorf("%q is missing in:\n%s", want, &errs)
		}
	}
	if !strings.Contains(out.String(), "a stray print from main") {
		t.Errorf("by hand, prints stay on stdout; it has %q", &out)
	}
}
