package pluginhost

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

const (
	// dirPrefix marks the directories of single processes; nothing else is ever
	// swept.
	dirPrefix  = "p-"
	dirPattern = dirPrefix + "*"
	// longestSocket is as long as what a plugin makes below a runtime directory:
	// a directory and a socket, each with ten random digits.
	longestSocket = dirPrefix + "0123456789/plugin0123456789"
)

// heldDir is a private directory that belongs to one gateway at a time.
type heldDir struct {
	path string
	lock *os.File
}

// holdDir makes path a private directory of this gateway's own and removes what
// an earlier one left in it. It fails while another gateway holds it. The lock
// ends with the process, however that ends.
func holdDir(path string) (*heldDir, error) {
	if err := privateDir(path); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(path, ".lock"), os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // The operator names it.
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	d := &heldDir{path: path, lock: lock}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder := make([]byte, 16)
		n, _ := lock.ReadAt(holder, 0) // a help only
		lock.Close()                   //nolint:errcheck,gosec // Not ours.
		return nil, fmt.Errorf("%s is in use by another gateway (process %s): %w", path, holder[:n], err)
	}
	if err := d.begin(); err != nil {
		d.release()
		return nil, err
	}
	return d, nil
}

// begin signs the lock and sweeps.
func (d *heldDir) begin() error {
	if err := d.lock.Truncate(0); err != nil {
		return fmt.Errorf("sign the lock of %s: %w", d.path, err)
	}
	if _, err := d.lock.WriteAt([]byte(strconv.Itoa(os.Getpid())), 0); err != nil {
		return fmt.Errorf("sign the lock of %s: %w", d.path, err)
	}
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return fmt.Errorf("sweep %s: %w", d.path, err)
	}
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), dirPrefix) {
			continue
		}
		if err := os.RemoveAll(filepath.Join(d.path, e.Name())); err != nil {
			return fmt.Errorf("sweep %s: %w", d.path, err)
		}
	}
	return nil
}

// release gives the directory up. Closing alone would leave the lock with a process
// that is being started right now, until it execs.
func (d *heldDir) release() {
	syscall.Flock(int(d.lock.Fd()), syscall.LOCK_UN) //nolint:errcheck,gosec // It was ours.
	d.lock.Close()                                   //nolint:errcheck,gosec // Nothing was buffered.
}

// privateDir makes path a directory that only this user can enter. One that
// exists must be a real directory of this user's: below a shared temporary
// directory anybody could have made it first.
func privateDir(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil { //nolint:gosec // The operator names it, or the system does.
		return fmt.Errorf("make a private directory: %w", err)
	}
	info, err := os.Lstat(path) //nolint:gosec // As above.
	if err != nil {
		return fmt.Errorf("look at %s: %w", path, err)
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || !ok || int(owner.Uid) != os.Geteuid() {
		return fmt.Errorf("%s is not a directory of this user's", path)
	}
	if info.Mode().Perm() != 0o700 {
		if err := os.Chmod(path, 0o700); err != nil { //nolint:gosec // A directory needs its x.
			return fmt.Errorf("close %s to others: %w", path, err)
		}
	}
	return nil
}

// socketRoot returns the directory for socket directories: the one asked for,
// else the first of the usual places where a socket can be bound under the
// longest name that a plugin will use. /tmp comes last, because it is cleaned by
// age on many systems.
func socketRoot(wanted, dataDir string) (string, error) {
	if wanted != "" {
		return wanted, bindable(wanted)
	}
	sum := sha256.Sum256([]byte(dataDir))
	short := "switchhook-" + strconv.Itoa(os.Geteuid()) + "-" + hex.EncodeToString(sum[:4])
	places := []string{filepath.Join(dataDir, "run")}
	if dir := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) {
		places = append(places, filepath.Join(dir, short))
	}
	places = append(places, filepath.Join(os.TempDir(), short))
	var problems []error
	for _, dir := range places {
		err := bindable(dir)
		if err == nil {
			return dir, nil
		}
		problems = append(problems, err)
	}
	return "", fmt.Errorf("find a place for plugin sockets (a shorter data_dir would do): %w", errors.Join(problems...))
}

// bindable tries dir with a socket of the longest name.
func bindable(dir string) error {
	if err := privateDir(dir); err != nil {
		return err
	}
	probe := filepath.Join(dir, longestSocket)
	err := os.Mkdir(filepath.Dir(probe), 0o700) //nolint:gosec // The operator names it, or the system does.
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("try %s: %w", dir, err)
	}
	defer os.RemoveAll(filepath.Dir(probe)) //nolint:errcheck // Swept at the next start if it stays.
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: probe, Net: "unix"})
	if err != nil {
		return fmt.Errorf("bind a socket in %s (%d bytes of path): %w", dir, len(probe), err)
	}
	return errors.Join(l.Close())
}
