//go:build !linux

package pluginhost

import (
	"syscall"
	"time"
)

// changedAt is not told under the same name on all systems; the other marks of a
// file have to do.
func changedAt(*syscall.Stat_t) time.Time { return time.Time{} }

// beingWritten cannot be found out here.
func beingWritten(string) bool { return false }
