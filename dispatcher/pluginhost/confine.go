package pluginhost

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"syscall"
	"time"
)

// confinement is an [Isolation] as it travels to the hidden step: everything that
// can be looked up has been, since the step may be unable to.
type confinement struct {
	User          *identity     `json:"user,omitempty"`
	Memory        int64         `json:"memory,omitempty"`
	Files         int           `json:"files,omitempty"`
	CPU           time.Duration `json:"cpu,omitempty"`
	Core          int64         `json:"core,omitempty"`
	NewPrivileges bool          `json:"new_privileges,omitempty"`
	Landlock      *Landlock     `json:"landlock,omitempty"`
	// Enter are directories, and a program, that the user must be able to get at.
	Enter []string `json:"enter,omitempty"`
}

// identity is whom a process runs as.
type identity struct {
	Name   string `json:"name"`
	UID    int    `json:"uid"`
	GID    int    `json:"gid"`
	Groups []int  `json:"groups"`
	Home   string `json:"-"`
}

// encode renders c as an argument; parseConfinement reads it back.
func (c confinement) encode() string {
	text, err := json.Marshal(c)
	if err != nil { // plain data
		return ""
	}
	return string(text)
}

func parseConfinement(text string) (confinement, error) {
	var c confinement
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return c, fmt.Errorf("read the isolation: %w", err)
	}
	return c, nil
}

// unfit is a demand that this machine, or this gateway, cannot meet. Trying the
// same again is of no use.
type unfit struct{ err error }

func (u *unfit) Error() string { return u.err.Error() }
func (u *unfit) Unwrap() error { return u.err }

func cannot(format string, args ...any) error { return &unfit{err: fmt.Errorf(format, args...)} }

// limit sets the resource limits and returns what is in force. They can be lowered
// by anybody, and raised by root alone.
func (c confinement) limit() ([]string, error) {
	words := []string{"core=" + bytesText(c.Core)}
	if err := setLimit("core", syscall.RLIMIT_CORE, uint64(c.Core), 0); err != nil { //nolint:gosec // Never negative.
		return nil, err
	}
	files, err := c.fileLimit()
	if err != nil {
		return nil, err
	}
	if err := setLimit("files", syscall.RLIMIT_NOFILE, files, 0); err != nil {
		return nil, err
	}
	words = append(words, "files="+strconv.FormatUint(files, 10))
	if c.Memory > 0 {
		// RLIMIT_DATA and not RLIMIT_AS: docs/decisions/0018 has the figures.
		if err := setLimit("memory", syscall.RLIMIT_DATA, uint64(c.Memory), 0); err != nil {
			return nil, err
		}
		words = append(words, "memory="+bytesText(c.Memory))
	}
	if c.CPU > 0 {
		seconds := uint64(math.Ceil(c.CPU.Seconds()))
		// SIGXCPU comes first and ends most programs, or lets them end in good order. One
		// in Go does not notice unless it asks for the signal; SIGKILL ends that one.
		const goodOrder = 2
		if err := setLimit("cpu", syscall.RLIMIT_CPU, seconds, goodOrder); err != nil {
			return nil, err
		}
		words = append(words, "cpu="+c.CPU.String())
	}
	return words, nil
}

// fileLimit is what is asked for, or as much of the usual as the gateway has: who
// states the usual asks for nothing.
func (c confinement) fileLimit() (uint64, error) {
	if c.Files > 0 && c.Files != defaultFiles {
		return uint64(c.Files), nil
	}
	var have syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &have); err != nil {
		return 0, fmt.Errorf("read the limit of open files: %w", err)
	}
	return min(have.Max, defaultFiles), nil
}

// setLimit sets a soft limit, and a hard one that much above it.
func setLimit(key string, resource int, soft, above uint64) error {
	want := syscall.Rlimit{Cur: soft, Max: soft + above}
	err := syscall.Setrlimit(resource, &want)
	if !errors.Is(err, syscall.EPERM) && !errors.Is(err, syscall.EINVAL) {
		return err //nolint:wrapcheck // Nil, or an error that nobody has ever seen.
	}
	var have syscall.Rlimit
	syscall.Getrlimit(resource, &have) //nolint:errcheck,gosec // For the message alone.
	return cannot("isolation.%s asks for more than the gateway itself is allowed (%d): lower it, or raise the gateway's own limit: %w",
		key, have.Max, err)
}

// bytesText is a number of bytes for people.
func bytesText(n int64) string {
	const mega = 1 << 20
	if n >= mega && n%mega == 0 {
		return strconv.FormatInt(n/mega, 10) + "MiB"
	}
	return strconv.FormatInt(n, 10)
}
