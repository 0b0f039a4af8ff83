package app

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/switchhook/switchhook/dispatcher/config"
)

// lockFile stands in the data dir and holds the PID of the gateway that owns it.
const lockFile = "gateway.lock"

// dataDir is a data directory that this process alone may write to.
type dataDir struct{ lock *os.File }

// lockDataDir makes the directory where it is missing and takes it for this
// process. A directory that another gateway owns is an error that names it. The
// kernel gives the lock back however the process ends.
func lockDataDir(dir string) (*dataDir, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data dir (--data-dir): %w", err)
	}
	path := filepath.Join(dir, lockFile)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the operator names the data dir
	if err != nil {
		return nil, fmt.Errorf("lock the data dir (--data-dir): %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		defer f.Close() //nolint:errcheck // nothing was written
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("the data dir %s belongs to the gateway with PID %s: stop it, or give this one another with --data-dir", absolute(dir), holder(path))
		}
		return nil, fmt.Errorf("lock the data dir %s: %w", dir, err)
	}
	if err := errors.Join(f.Truncate(0), write(f, strconv.Itoa(os.Getpid())+"\n")); err != nil {
		return nil, errors.Join(fmt.Errorf("lock the data dir %s: %w", dir, err), f.Close())
	}
	return &dataDir{lock: f}, nil
}

// unusable makes an error one about the configuration where the data dir cannot be
// what it has to be: nothing that anybody waits for would change that.
func unusable(f *config.File, err error) error {
	for _, cause := range []error{
		unix.EROFS, fs.ErrPermission, fs.ErrNotExist, unix.ENOTDIR, unix.ENAMETOOLONG, unix.ELOOP,
	} {
		if errors.Is(err, cause) {
			return config.Problems{{
				File: cmp.Or(f.Path, "the command line"), Key: "data_dir",
				Message: fmt.Sprintf("%s cannot be used: %v; name a folder that the gateway may make and write to, here or with --data-dir", absolute(f.DataDir), err),
			}}
		}
	}
	return err
}

// Close gives the directory back. The file stays: removing it would let two
// processes lock two files of one name.
func (d *dataDir) Close() error {
	_ = unix.Flock(int(d.lock.Fd()), unix.LOCK_UN) // a process that is being started holds what is only closed
	if err := d.lock.Close(); err != nil {
		return fmt.Errorf("unlock the data dir: %w", err)
	}
	return nil
}

func write(f *os.File, text string) error {
	_, err := f.WriteAt([]byte(text), 0)
	return err //nolint:wrapcheck // lockDataDir names the file
}

func holder(path string) string {
	text, err := os.ReadFile(path) //nolint:gosec // the lock file of the data dir
	if pid := strings.TrimSpace(string(text)); err == nil && pid != "" {
		return pid
	}
	return "unknown"
}
