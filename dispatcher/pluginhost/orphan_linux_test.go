package pluginhost_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
)

func TestPluginsOfAKilledGatewayDieAndAreSweptAway(t *testing.T) {
	t.Parallel()
	h := build(t, nil)
	h.install(t, "words", "words")

	gateway := exec.Command(self(t), "--", h.dir, h.data, h.run)
	gateway.Env = append(os.Environ(), moodKey+"=host")
	out, err := gateway.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	gateway.Stderr = h.log
	if err := gateway.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the gateway did not start: %v\n%s", err, h.log)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || gone(pid) {
		t.Fatalf("process %d (%v)", pid, err)
	}
	if err := gateway.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	gateway.Wait() //nolint:errcheck // It was killed.
	eventually(t, func() bool { return gone(pid) })

	left := litter(t, h)
	if len(left) == 0 {
		t.Fatal("a killed gateway left nothing: the test proves nothing")
	}
	h.log = &journal{} // the other gateway's lines were text
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, old := range left {
		if _, err := os.Stat(old); !os.IsNotExist(err) {
			t.Errorf("%s was not swept away", old)
		}
	}
	h.do(t, "words", body{})
}

func litter(t *testing.T, h *house) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{filepath.Join(h.data, "plugins", "*", "programs", ".new-*"), filepath.Join(h.run, "p-*")} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, found...)
	}
	return all
}

func TestStepOfADeadGatewayDoesNotBecomeThePlugin(t *testing.T) {
	t.Parallel()
	step := exec.Command(self(t), "exec-plugin", "-parent", itoa(os.Getpid()+1), "-status", "3", "-name", "words", "-cookie", "A=B",
		"--", "/bin/true")
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = read.Close() }()
	step.ExtraFiles = []*os.File{write}
	if err := step.Run(); err == nil {
		t.Error("the step ran the plugin for a gateway that is not its parent")
	}
	if err := write.Close(); err != nil {
		t.Fatal(err)
	}
	report, err := bufio.NewReader(read).ReadString(0)
	if !strings.Contains(report, "the gateway is gone") {
		t.Errorf("it reported %q (%v)", report, err)
	}
}

func TestStepIsNotForPeople(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"/bin/true"}, {"-parent", "x"}, {"-help"}} {
		if err := pluginhost.ExecPlugin(args); err == nil {
			t.Errorf("%v was taken", args)
		}
	}
}
