package pluginhost

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// unsupported names what this system cannot do; Linux can do all of it, as far as
// its kernel goes.
func unsupported(Isolation) error { return nil }

// restrict takes away, for good, what the plugin is not to have, and returns what
// is in force. The order matters: limits may have to be raised and a Landlock's
// paths opened while the step is still the gateway's user, and only then does it
// become another. Capabilities never reach a plugin, whoever it runs as, unless that
// is root. The caller holds its thread.
func (c confinement) restrict(parent int) (words []string, err error) {
	words = append(words, "group", "ends_with_gateway")
	// What systemd hands down as ambient outlives an exec, and a change between two
	// users that are not root. The step itself still has what it needs.
	err = unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
	if err != nil && !errors.Is(err, unix.EINVAL) { // a system that does not know them has none
		return nil, fmt.Errorf("drop ambient capabilities: %w", err)
	}
	limits, err := c.limit()
	if err != nil {
		return nil, err
	}
	words = append(words, limits...)
	if !c.NewPrivileges {
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			return nil, fmt.Errorf("take new privileges away: %w", err)
		}
		words = append(words, "no_new_privs")
	}
	if c.Landlock != nil {
		shut, err := c.Landlock.enforce()
		if err != nil {
			return nil, err
		}
		words = append(words, shut...)
	}
	if c.User == nil {
		return words, nil
	}
	if err := c.User.assume(); err != nil {
		return nil, err
	}
	// The change of user has cleared the parent-death signal.
	if err := dieWithParent(parent); err != nil {
		return nil, fmt.Errorf("tie the plugin to its gateway: %w", err)
	}
	return append(words, "user="+c.User.Name), c.User.reaches(c.Enter)
}

// assume becomes the user for good: all ids, all groups, and no capability left.
func (u *identity) assume() error {
	if os.Getuid() == u.UID && os.Geteuid() == u.UID && os.Getgid() == u.GID && os.Getegid() == u.GID && u.UID != 0 {
		return nil
	}
	if err := syscall.Setgroups(u.Groups); err != nil {
		return cannot("take the groups of user %s: %w", u.Name, err)
	}
	if err := syscall.Setresgid(u.GID, u.GID, u.GID); err != nil {
		return cannot("become group %d: %w", u.GID, err)
	}
	if err := syscall.Setresuid(u.UID, u.UID, u.UID); err != nil {
		return cannot("become user %s: %w", u.Name, err)
	}
	if u.UID == 0 {
		return nil
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	if err := unix.Capset(&header, &none[0]); err != nil {
		return fmt.Errorf("drop capabilities: %w", err)
	}
	return nil
}

// reaches looks for the first directory on the way to paths that the user cannot
// enter.
func (u *identity) reaches(paths []string) error {
	for _, path := range paths {
		for i := range path {
			if path[i] != filepath.Separator && i < len(path)-1 {
				continue
			}
			at := path[:i+1]
			if err := unix.Access(at, unix.X_OK); err != nil {
				if len(at) > 1 {
					at = strings.TrimSuffix(at, string(filepath.Separator))
				}
				return cannot("user %s cannot enter or run %s (%w): chmod o+x it, or choose a place for data_dir that it reaches", u.Name, at, err)
			}
		}
	}
	return nil
}

// mayActFor reports what the gateway lacks to run a plugin as who, to reach its
// socket, and to end it.
func mayActFor(who *identity) error {
	if os.Geteuid() == who.UID && os.Getegid() == who.GID {
		return nil
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var have [2]unix.CapUserData
	if err := unix.Capget(&header, &have[0]); err != nil {
		return fmt.Errorf("read the gateway's capabilities: %w", err)
	}
	var missing []string
	for _, need := range []struct {
		name string
		bit  int
	}{
		{"CAP_SETUID", unix.CAP_SETUID},
		{"CAP_SETGID", unix.CAP_SETGID},
		{"CAP_CHOWN", unix.CAP_CHOWN},
		{"CAP_DAC_OVERRIDE", unix.CAP_DAC_OVERRIDE},
		{"CAP_KILL", unix.CAP_KILL},
	} {
		if have[0].Effective&(1<<need.bit) == 0 {
			missing = append(missing, need.name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return refuse(exitStart, "isolation.user %s: this gateway runs as uid %d and may not act for another user, it lacks %s: "+
		"run it as root, give it these capabilities, or take isolation.user away", who.Name, os.Geteuid(), strings.Join(missing, ", "))
}
