package live

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// ErrNoMount says that no file system can be mounted here, as root alone may, and
// in few containers.
var ErrNoMount = errors.New("no file system can be mounted here")

// mount makes dir a file system of so many bytes in memory.
func mount(dir string, size int) error {
	options := fmt.Sprintf("size=%d,mode=0700,uid=%d,gid=%d", size, os.Geteuid(), os.Getegid())
	if err := asRoot("mount", "-t", "tmpfs", "-o", options, "none", dir); err != nil {
		return fmt.Errorf("%w: %w", ErrNoMount, err)
	}
	return nil
}

func unmount(dir string) error { return asRoot("umount", dir) }

// required says that what needs a mount may not be left out.
func required() bool { return os.Getenv("SWITCHHOOK_MOUNTS") == "required" }

// asRoot runs a program that only root may use; by sudo where it has to run.
func asRoot(name string, args ...string) error {
	if required() && os.Geteuid() != 0 {
		name, args = "sudo", append([]string{"--non-interactive", name}, args...)
	}
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil { //nolint:gosec,noctx // mount and umount
		return fmt.Errorf("%s: %w: %s", name, err, out)
	}
	return nil
}
