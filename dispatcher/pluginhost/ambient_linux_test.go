package pluginhost_test

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/switchhook/switchhook/sdk/wire"
)

// A gateway that may act for others without being root has its rights as ambient
// capabilities, which every program that it starts inherits: a plugin that nobody
// gave a user would be nearly root, and the isolated ones would be at its mercy.
func TestAPluginHasNoneOfItsGatewaysCapabilities(t *testing.T) {
	t.Parallel()
	h := build(t, nil)
	const gatewayUser = 61235
	for _, dir := range []string{h.data, h.run} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	program := filepath.Join(h.dir, ".self") // where the gateway's user reaches it
	// Another process writes it: a child forked meanwhile by this one would hold it open
	// for writing, and nobody could execute it.
	err := exec.Command("install", "-m", "755", self(t), program).Run()
	for _, dir := range []string{h.dir, filepath.Dir(h.dir)} {
		err = errors.Join(err, os.Chmod(dir, 0o755))
	}
	if err != nil {
		t.Fatal(err)
	}
	writeScript(t, filepath.Join(h.dir, isolatedName), "unset "+wire.CookieKey+"\n"+moodKey+"=words exec '"+program+"'")
	if err := os.Chmod(filepath.Join(h.dir, isolatedName), 0o755); err != nil {
		t.Fatal(err)
	}
	gateway := exec.Command(program, "--", h.dir, h.data, h.run)
	gateway.Env = append(os.Environ(), moodKey+"=host")
	gateway.Stderr = h.log
	if os.Geteuid() == 0 { // nobody else has capabilities to give
		for _, dir := range []string{h.data, h.run} {
			if err := os.Chown(dir, gatewayUser, gatewayUser); err != nil {
				t.Fatal(err)
			}
		}
		gateway.SysProcAttr = &syscall.SysProcAttr{
			Credential:  &syscall.Credential{Uid: gatewayUser, Gid: gatewayUser},
			AmbientCaps: []uintptr{unix.CAP_SETUID, unix.CAP_DAC_OVERRIDE},
		}
	}
	out, err := gateway.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := gateway.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		gateway.Process.Kill() //nolint:errcheck // It is there.
		gateway.Wait()         //nolint:errcheck // It was killed.
		os.RemoveAll(h.run)    //nolint:errcheck // Another user's: no host of this one's would sweep it.
	})
	said, err := bufio.NewReader(out).ReadString('\n')
	pid, wrong := strconv.Atoi(strings.TrimSpace(said))
	if err = errors.Join(err, wrong); err != nil || pid == 0 {
		t.Fatalf("the gateway did not start: %v\n%s", err, h.log)
	}
	for _, process := range []int{gateway.Process.Pid, pid} {
		status, err := os.ReadFile("/proc/" + itoa(process) + "/status")
		if err != nil {
			t.Fatal(err)
		}
		has := line(t, string(status), "CapEff:")[0] != "0000000000000000"
		if want := process != pid && os.Geteuid() == 0; has != want {
			t.Errorf("process %d (the plugin is %d): CapEff %v, CapAmb %v", process, pid,
				line(t, string(status), "CapEff:"), line(t, string(status), "CapAmb:"))
		}
	}
}
