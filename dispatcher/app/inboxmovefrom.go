package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
)

// workDir is the folder beside an inbox for what a move makes on the way, or what its name
// begins with.
const workDir = ".inbox-move"

// source is an inbox that is being moved.
type source struct {
	*sqlite.Store
	Move

	path    string // what is renamed in the end
	file    string
	work    string // a folder beside it for what is made on the way
	locked  bool   // no other move, and no gateway, works in its data dir
	release func() error
}

// open takes the inbox into this process's possession.
func (m Move) open(ctx context.Context) (*source, error) {
	s := &source{Move: m, release: func() error { return nil }}
	dir, err := s.find()
	if err != nil {
		return nil, err
	}
	if err := s.makeWork(); err != nil {
		return nil, errors.Join(fmt.Errorf("make a folder beside %s: %w", s.path, err), s.release())
	}
	if dir == "" { // a backup, which is opened under the name of an inbox
		dir = filepath.Join(s.work, "from")
		err = copyInto(dir, s.file)
	}
	if err == nil {
		s.Store, err = sqlite.Open(ctx, sqlite.Options{Dir: dir, Logger: m.Logger, Version: m.Version, DuplicateWindow: m.Config.Inbox.DuplicateWindow})
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the inbox %s: %w", s.file, err), s.tidy())
	}
	return s, nil
}

// find finds the inbox and returns its folder; empty for a file that is not called as an
// inbox is. A data dir is locked, which no gateway that runs lets go of.
func (s *source) find() (dir string, err error) {
	from := absolute(s.From)
	info, err := os.Stat(from)
	if err != nil {
		return "", fmt.Errorf("look for the inbox: %w", err)
	}
	switch {
	case !info.IsDir() && filepath.Base(from) != inboxFile:
		s.path, s.file = from, from
		return "", nil
	case !info.IsDir():
		dir = filepath.Dir(from)
	case exists(filepath.Join(from, inboxFile)):
		dir = from
	default:
		dir = filepath.Join(from, inboxDir)
	}
	s.path, s.file = dir, filepath.Join(dir, inboxFile)
	if !exists(s.file) {
		return "", fmt.Errorf("%w in %s: name the data_dir of a gateway, the folder of an inbox, or its file", ErrNoInbox, from)
	}
	if filepath.Base(dir) == inboxDir && exists(filepath.Join(filepath.Dir(dir), lockFile)) {
		lock, err := lockDataDir(filepath.Dir(dir))
		if err != nil {
			return "", err
		}
		s.release, s.locked = lock.Close, true
	}
	return dir, nil
}

// makeWork makes the folder. Where nobody else can be at work it takes the place of what a
// move has left that was killed, which is as large as the inbox.
func (s *source) makeWork() (err error) {
	if !s.locked {
		s.work, err = os.MkdirTemp(filepath.Dir(s.path), workDir+"-*")
		return err //nolint:wrapcheck // open does
	}
	s.work = filepath.Join(filepath.Dir(s.path), workDir)
	return errors.Join(os.RemoveAll(s.work), os.Mkdir(s.work, 0o700))
}

// copyInto makes the folder of an inbox whose file is a copy.
func copyInto(dir, file string) (err error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err //nolint:wrapcheck // it names the path
	}
	in, err := os.Open(file) //nolint:gosec // the operator's own
	if err != nil {
		return err //nolint:wrapcheck // it names the path
	}
	defer in.Close()                                                                                 //nolint:errcheck // it is only read
	out, err := os.OpenFile(filepath.Join(dir, inboxFile), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // a folder that was made just now
	if err != nil {
		return err //nolint:wrapcheck // it names the path
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// close gives the inbox back, and leaves nothing beside it.
func (s *source) close() error { return errors.Join(s.Close(), s.tidy()) }

func (s *source) tidy() error { return errors.Join(os.RemoveAll(s.work), s.release()) }

// setAside renames what was moved, so that no gateway takes it for what still waits.
func (s *source) setAside() (aside string, err error) {
	aside = s.path + ".moved-" + time.Now().UTC().Format("20060102T150405Z")
	if err := os.Rename(s.path, aside); err != nil {
		return "", fmt.Errorf("everything was moved, and the old inbox cannot be renamed: %w; rename it before a gateway starts with it", err)
	}
	return aside, nil
}
