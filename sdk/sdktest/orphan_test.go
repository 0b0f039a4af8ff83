package sdktest_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/sdktest"
	"github.com/switchhook/switchhook/sdk/serve"
)

// parent starts a child, which holds the plugin's standard error and a lock on a
// file of its data directory, never ends, and leaves the process group or not.
func parent(away bool) serve.Plugin {
	var mux sdk.Mux
	var dir string
	mux.HandleAny(told, sdk.HandlerFunc(func(context.Context, sdk.Callback) (sdk.Reply, error) {
		lock, err := os.Create(filepath.Join(dir, "lock"))
		if err != nil {
			return sdk.Reply{}, err
		}
		defer func() { _ = lock.Close() }()
		if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
			return sdk.Reply{}, err
		}
		child := exec.Command("sleep", "1000")
		child.Stderr, child.ExtraFiles = os.Stderr, []*os.File{lock}
		child.SysProcAttr = &syscall.SysProcAttr{Setsid: away}
		if err := child.Start(); err != nil {
			return sdk.Reply{}, err
		}
		return sdk.Reply{Info: strconv.Itoa(child.Process.Pid)}, nil
	}))
	return serve.Plugin{Name: "parent", Mux: &mux, Start: func(_ context.Context, env serve.Env) error {
		dir = env.DataDir
		return nil
	}}
}

// A child that holds the pipes is no reason to wait, and none of the group is
// left.
func TestChildrenOfTheProcessDoNotHoldItsEnd(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]bool{"one in its group": false, "one that has left it": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			link := sdktest.StartWith(t, parent(away), inProcess(dir, ""))
			reply, err := send(t, link, told, "")
			if err != nil {
				t.Fatal(err)
			}
			child, err := strconv.Atoi(reply.Info)
			if err != nil {
				t.Fatal(err)
			}
			if away {
				defer func() { _ = syscall.Kill(child, syscall.SIGKILL) }() // it is nobody else's
			}
			if err := link.Close(); err != nil {
				t.Error(err)
			}
			lock, err := os.Open(filepath.Join(dir, "lock"))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = lock.Close() }()
			how := syscall.LOCK_EX
			if away {
				how |= syscall.LOCK_NB // it lives, and its lock with it
			}
			err = syscall.Flock(int(lock.Fd()), how) // waits for the end of a child that was killed
			if errors.Is(err, syscall.EWOULDBLOCK) != away {
				t.Errorf("the child's lock: %v", err)
			}
		})
	}
}
