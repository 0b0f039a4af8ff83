package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/switchhook/switchhook/dispatcher/durable"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

const (
	// asidePrefix begins the names of the folders of damaged files. While there is one,
	// the loss counts as one that nobody has looked at yet.
	asidePrefix = "damaged-"
	// maxAside is how many such folders may hold copies: what breaks again and again
	// must not fill the disk.
	maxAside = 8
	// maxCopied is how large a database is copied at most: a start must not wait for
	// minutes. The log is copied whatever its size, since it has what is lost.
	maxCopied = 1 << 30
	// recordFile holds, in a folder, what was found.
	recordFile = "loss.json"
)

// record is a loss as it is kept.
type record struct {
	At      time.Time `json:"at"`
	Commits int       `json:"commits"`
	Detail  string    `json:"detail"`
	Log     string    `json:"log,omitempty"`
	// Database is the file in the folder that was the inbox's, where serving began again
	// with an empty one. Saved says what was taken over from it up to the event SavedTo,
	// and Done that there is no more.
	Database string `json:"database,omitempty"`
	Saved    string `json:"saved,omitempty"`
	SavedTo  int64  `json:"saved_to,omitempty"`
	Done     bool   `json:"done,omitempty"`
}

// lost returns the losses that nobody has acknowledged yet.
func (s *Store) lost() *store.Loss {
	if s.loss != nil && s.loss.Aside == "" {
		return s.loss // there is no folder to speak for it
	}
	all, err := reported(s.options.Dir)
	if err != nil {
		return s.loss
	}
	return all
}

// reported returns the losses in the folders as one: all commits, and the rest of the
// latest. It is nil where there is none. The operator acknowledges a loss by removing
// or renaming its folder.
func reported(dir string) (all *store.Loss, err error) {
	folders, err := asides(dir)
	for _, folder := range folders {
		kept, err := readRecord(folder)
		if err != nil { // a crash has left the folder, or somebody has been there
			kept = record{Detail: "damaged files were put aside (" + err.Error() + ")"}
		}
		if all == nil {
			all = &store.Loss{}
		}
		all.At, all.Detail, all.Aside = kept.At, kept.Detail, folder
		if kept.Saved != "" {
			all.Detail += "; " + kept.Saved
		}
		all.Commits += kept.Commits
	}
	if n := len(folders); n > 1 {
		all.Detail += fmt.Sprintf(" (the latest of %d findings)", n)
	}
	return all, err
}

// asides returns the folders, the oldest first.
func asides(dir string) (folders []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("look for damaged files: %w", err)
	}
	for _, e := range entries {
		if e.IsDir() && strings.HasPrefix(e.Name(), asidePrefix) {
			folders = append(folders, filepath.Join(dir, e.Name()))
		}
	}
	slices.Sort(folders)
	return folders, nil
}

func readRecord(folder string) (record, error) {
	var kept record
	b, err := os.ReadFile(filepath.Join(folder, recordFile)) //nolint:gosec // a folder of our own
	if err != nil {
		return kept, fmt.Errorf("read record of damage: %w", err)
	}
	if err := json.Unmarshal(b, &kept); err != nil {
		return kept, fmt.Errorf("read record of damage %s: %w", folder, err)
	}
	return kept, nil
}

// putAside copies the files that SQLite is about to change. Serving goes on even where
// that fails, with the loss told all the same.
func (r recovery) putAside(ctx context.Context, f *finding) {
	folders, err := asides(r.dir)
	for _, folder := range folders {
		if kept, err := readRecord(folder); err == nil && kept.Log == f.log {
			f.aside, f.loss.At = folder, kept.At
			return
		}
	}
	if err == nil {
		f.aside, err = r.folder(f.loss.At)
	}
	if err == nil {
		if len(folders) < maxAside {
			err = r.copyFiles(f)
		} else {
			f.loss.Detail += fmt.Sprintf("; the files were not copied, since there are %d such folders already", len(folders))
		}
		err = errors.Join(err, r.record(f))
	}
	r.report(ctx, f, err)
}

// copyFiles keeps the log, which is what SQLite is about to reset, and a database that
// is not too large for that.
func (r recovery) copyFiles(f *finding) error {
	if err := copyFile(r.path(logSuffix), filepath.Join(f.aside, fileName+logSuffix)); err != nil {
		return err
	}
	size, err := sizeOf(r.path(""))
	if err != nil || size == 0 {
		return err
	}
	if free := diskFree(r.dir); size > maxCopied || free >= 0 && free/2 < size {
		f.loss.Detail += "; only the log was copied, since the database is too large"
		return nil
	}
	return copyFile(r.path(""), filepath.Join(f.aside, fileName))
}

// moveAside takes the files away, so that an empty database begins.
func (r recovery) moveAside(ctx context.Context, f *finding) (err error) {
	if f.aside == "" {
		if f.aside, err = r.folder(f.loss.At); err != nil {
			return err
		}
	}
	// The database goes first: a log without one is found by the next start.
	for _, suffix := range []string{"", logSuffix} {
		to := filepath.Join(f.aside, fileName+suffix)
		if _, err := os.Lstat(to); err == nil {
			to += "-later" // beside the copy from before SQLite's recovery
		}
		if suffix == "" {
			f.database = filepath.Base(to)
		}
		if err := os.Rename(r.path(suffix), to); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("move %s: %w", fileName+suffix, err)
		}
	}
	if err := os.Remove(r.path(indexSuffix)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove %s: %w", fileName+indexSuffix, err)
	}
	r.report(ctx, f, r.record(f))
	return nil
}

func (r recovery) report(ctx context.Context, f *finding, err error) {
	r.logger.ErrorContext(ctx, "the inbox's files are damaged: accepted callbacks may be lost; "+
		"remove or rename the folder to acknowledge it", "commits", f.loss.Commits, "detail", f.loss.Detail, "aside", f.aside)
	if err != nil {
		r.logger.ErrorContext(ctx, "damaged inbox files not put aside", "aside", f.aside, "err", err)
	}
}

// folder makes a new one.
func (r recovery) folder(at time.Time) (name string, err error) {
	for n := range 100 {
		name = filepath.Join(r.dir, asidePrefix+at.Format("20060102T150405Z"))
		if n > 0 {
			name += fmt.Sprintf("-%02d", n)
		}
		if err = os.Mkdir(name, 0o700); !errors.Is(err, os.ErrExist) {
			break
		}
	}
	if err != nil {
		return "", fmt.Errorf("make folder for damaged files: %w", err)
	}
	if err := durable.SyncDir(r.dir); err != nil {
		return "", fmt.Errorf("make folder for damaged files: %w", err)
	}
	return name, nil
}

// record is written last: with it, the folder is complete.
func (r recovery) record(f *finding) error {
	return writeRecord(f.aside, record{
		At: f.loss.At, Commits: f.loss.Commits, Detail: f.loss.Detail, Log: f.log, Database: f.database,
	})
}

func writeRecord(folder string, what record) error {
	b, err := json.MarshalIndent(what, "", "  ")
	if err != nil {
		return fmt.Errorf("write record of damage: %w", err)
	}
	err = durable.Replace(filepath.Join(folder, recordFile), append(b, '\n'))
	if err = errors.Join(err, durable.SyncDir(filepath.Dir(folder))); err != nil {
		return fmt.Errorf("write record of damage: %w", err)
	}
	return nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from) //nolint:gosec // a file of our own
	if err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	return errors.Join(writeFile(to, in), in.Close())
}

// writeFile makes a new file with what is read, synced; on an error none is left.
func writeFile(name string, from io.Reader) error {
	out, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // a file of our own
	if err != nil {
		return fmt.Errorf("make %s: %w", name, err)
	}
	_, err = io.Copy(out, from)
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", name, err), os.Remove(name))
	}
	return nil
}
