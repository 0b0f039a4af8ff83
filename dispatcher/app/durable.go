package app

import (
	"errors"
	"os"
	"path/filepath"
)

// replaceFile writes data beside file, makes it durable, and renames it: after a
// power cut there is either the old file or the new one, whole. Only the gateway's
// user may read it.
func replaceFile(file string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return err //nolint:wrapcheck // the caller says what was being written
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
	return syncDir(filepath.Dir(file))
}

// syncDir makes the names in dir durable.
func syncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // the operator names the data dir
	if err != nil {
		return err //nolint:wrapcheck // the caller says what was being written
	}
	return errors.Join(d.Sync(), d.Close())
}
