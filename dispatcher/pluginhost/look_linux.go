package pluginhost

import (
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

func changedAt(s *syscall.Stat_t) time.Time { return time.Unix(s.Ctim.Unix()) }

// beingWritten reports whether some process has the file open for writing: the
// kernel grants a read lease on no such file. Where it grants none at all, on most
// network file systems and on other users' files, the answer is no.
func beingWritten(path string) bool {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0) //nolint:gosec // The operator put it there.
	if err != nil {
		return false
	}
	defer f.Close() //nolint:errcheck // Only read; it ends the lease, too.
	_, err = unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_RDLCK)
	return errors.Is(err, unix.EAGAIN)
}
