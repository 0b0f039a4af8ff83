package pluginhost

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

// errOrphaned is said by a step whose gateway is gone already.
var errOrphaned = errors.New("the gateway is gone")

// spawnAttributes puts the child in its own group, and its own session: in the
// gateway's, a plugin of another user could open the operator's terminal and type
// commands there (TIOCSTI). The parent-death signal is armed from the very fork on;
// the step arms it again, because a change of user, which isolation brings, clears
// it.
func spawnAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
}

// dieWithParent asks the kernel to kill this process with its parent. A parent
// that died before the request took hold is noticed by the second look.
func dieWithParent(parent int) error {
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(syscall.SIGKILL), 0, 0, 0); err != nil {
		return err //nolint:wrapcheck // Wrapped by the caller.
	}
	if syscall.Getppid() != parent {
		return errOrphaned
	}
	return nil
}

// awaitDeath returns when the child pid is dead, and leaves it to be collected:
// until then its id, and so its group's, cannot become anybody else's.
func awaitDeath(pid int) {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}
