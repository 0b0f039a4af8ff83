package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// devPlacePrefix begins the name of the directory that a dev keeps all in.
const devPlacePrefix = "switchhook-dev-"

// devPlace is that directory. It is locked for as long as the process lives,
// however that ends, so that a later dev can tell it from one that was left.
type devPlace struct {
	dir  string
	lock *os.File // the directory itself
}

// newDevPlace makes a directory of this dev's own, and removes those of devs that
// were killed.
func newDevPlace() (devPlace, error) {
	clearDevPlaces(os.TempDir())
	const tries = 10 // one that is not locked yet looks like one that was left
	var errs []error
	for range tries {
		dir, err := os.MkdirTemp("", devPlacePrefix)
		if err != nil {
			return devPlace{}, fmt.Errorf("make a place for the gateway: %w", err)
		}
		place, err := claimDevPlace(dir)
		if err == nil {
			return place, nil
		}
		errs = append(errs, err)
	}
	return devPlace{}, fmt.Errorf("make a place for the gateway: %w", errors.Join(errs...))
}

// claimDevPlace locks a directory. It fails where a living dev has it, and where it
// is gone.
func claimDevPlace(dir string) (devPlace, error) {
	f, err := os.Open(dir) //nolint:gosec // It is one of dev's own.
	if err != nil {
		return devPlace{}, fmt.Errorf("lock directory: %w", err)
	}
	place := devPlace{dir: dir, lock: f}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return devPlace{}, errors.Join(fmt.Errorf("lock %s: %w", dir, err), f.Close())
	}
	if _, err := os.Stat(dir); err != nil {
		return devPlace{}, errors.Join(fmt.Errorf("lock directory: %w", err), f.Close())
	}
	return place, nil
}

// clearDevPlaces removes what killed devs left. What cannot be removed is somebody
// else's, or will be found the next time.
func clearDevPlaces(parent string) {
	left, err := filepath.Glob(filepath.Join(parent, devPlacePrefix+"*"))
	if err != nil {
		return
	}
	for _, dir := range left {
		if place, err := claimDevPlace(dir); err == nil {
			_ = place.remove()
		}
	}
}

// remove removes the directory with all that is in it.
func (p devPlace) remove() error {
	if err := errors.Join(os.RemoveAll(p.dir), p.lock.Close()); err != nil {
		return fmt.Errorf("clean up: %w", err)
	}
	return nil
}
