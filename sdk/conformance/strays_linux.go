package conformance

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// signalStrays signals every process whose environment holds mark, and reports
// whether there was one. It finds those that left their group, as setsid does.
func signalStrays(mark string, signal syscall.Signal) bool {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return false
	}
	found := false
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil && signalIfMarked(pid, mark, signal) {
			found = true
		}
	}
	return found
}

// signalIfMarked holds the process before it looks at it, so that the signal reaches
// the one that was looked at and no later one of the same number.
func signalIfMarked(pid int, mark string, signal syscall.Signal) bool {
	process, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	defer process.Release() //nolint:errcheck // Nothing is held where that fails.
	// Empty for a dead process, and not readable for another user's.
	environment, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "environ"))
	if err != nil || !bytes.Contains(append([]byte{0}, environment...), []byte("\x00"+mark+"\x00")) {
		return false
	}
	return process.Signal(signal) == nil
}
