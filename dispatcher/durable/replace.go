package durable

import (
	"errors"
	"os"
	"path/filepath"
)

// Replace gives file the content data: after a power cut there is either the old file
// or the new one, whole. Only this process's user may read it. Until the new one has
// its name it lies beside file, so the folder has to be writable. Two calls for one
// file may come at once; one of them is the last.
func Replace(file string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return err //nolint:wrapcheck // it names the path; the caller says what was being kept
	}
	_, err = tmp.Write(data)
	if err == nil {
		err = tmp.Sync()
	}
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return SyncDir(filepath.Dir(file))
}

// SyncDir makes the names in a folder outlast a power cut: that a file was made there,
// renamed or removed.
func SyncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // the caller's own folder
	if err != nil {
		return err //nolint:wrapcheck // it names the path; the caller says what was being kept
	}
	return errors.Join(d.Sync(), d.Close())
}
