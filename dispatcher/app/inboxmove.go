package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/switchhook/switchhook/dispatcher/config"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// Move says which inbox is to be taken into the cluster of a configuration.
type Move struct {
	// From is a data dir, the folder of an inbox, or its file, such as a backup. No gateway
	// may have it in use.
	From string
	// Config says which cluster.
	Config *config.File
	// DryRun looks, and changes nothing.
	DryRun bool
	// Version is this program's.
	Version string
	// Progress is told how far the work is, by what is being done; nil does not want to
	// know. It is never called twice at once.
	Progress func(doing string, done, total int64)
	// Logger hears of what an operator should know; nil discards.
	Logger *slog.Logger
}

// Moved is what a move has taken along, or would.
type Moved struct {
	// From is the file of the inbox.
	From string
	// Whole says that the cluster had no inbox, and has all of this one now: what is handled
	// and still kept, and the numbers of the events. Else it was given what is unfinished.
	Whole bool
	// Events are those that the inbox has, Waiting and Dead its copies that are unfinished,
	// and Subscriptions who wants what.
	Events, Waiting, Dead int64
	Subscriptions         int
	// Makes are the streams that the cluster lacks, and that the move would make; empty but
	// after a dry run.
	Makes []string
	// Brought counts the events that the cluster did not have before.
	Brought int64
	// Aside is where the inbox lies now; empty after a dry run.
	Aside string
}

// workDir is the folder beside an inbox for what a move makes on the way, or what its name
// begins with.
const workDir = ".inbox-move"

// ErrNoInbox is in the error of a move from where there is no inbox.
var ErrNoInbox = errors.New("there is no inbox")

// MoveInbox takes what a gateway has kept in its own inbox into the cluster that the
// configuration names: all of it, where nothing is there yet, and what is unfinished where
// gateways use the cluster already. The inbox is renamed afterwards, and never deleted. A
// move that was interrupted is called again: nothing is brought twice.
func MoveInbox(ctx context.Context, m Move) (Moved, error) {
	if !m.Config.Inbox.Shared() {
		return Moved{}, config.Problems{{
			File: m.Config.Path, Key: "inbox.store", Message: "is not jetstream, so that there is no cluster to move an inbox into",
		}}
	}
	if m.Logger == nil {
		m.Logger = slog.New(slog.DiscardHandler)
	}
	s, err := m.open(ctx)
	if err != nil {
		return Moved{}, err
	}
	moved, err := s.move(ctx)
	if err := errors.Join(err, s.close()); err != nil {
		return moved, hopeless(m.Config, err)
	}
	if m.DryRun {
		return moved, nil
	}
	moved.Aside, err = s.setAside()
	return moved, err
}

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

// move counts what there is, and takes it along.
func (s *source) move(ctx context.Context) (Moved, error) {
	moved := Moved{From: s.file}
	stats, err := s.Stats(ctx)
	if err != nil {
		return moved, fmt.Errorf("count what is in %s: %w", s.file, err)
	}
	subscriptions, err := s.Subscriptions(ctx)
	if err != nil {
		return moved, fmt.Errorf("read the subscriptions in %s: %w", s.file, err)
	}
	moved.Events, moved.Subscriptions = stats.Events, len(subscriptions)
	for _, q := range stats.Queues {
		moved.Waiting += q.Waiting()
		moved.Dead += q.Dead
	}
	if s.DryRun {
		moved.Whole, moved.Makes, err = s.look(ctx)
		return moved, err
	}
	err = s.seed(ctx)
	if err == nil {
		moved.Whole, moved.Brought = true, stats.Events
		return moved, nil
	}
	if errors.Is(err, jetstream.ErrUsed) {
		moved.Brought, err = s.bring(ctx)
	}
	return moved, err
}

// look reports whether the cluster has no inbox yet, and which streams it lacks.
func (s *source) look(ctx context.Context) (unused bool, lacks []string, err error) {
	o := s.options().Cluster
	o.Look = true
	c, err := cluster.Connect(ctx, o)
	if err != nil {
		return false, nil, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	_, last, _, err := c.Bounds(ctx)
	if err != nil {
		return false, nil, fmt.Errorf("look for an inbox in the cluster: %w", err)
	}
	_, snapshot, err := c.Latest(ctx)
	if err != nil {
		return false, nil, fmt.Errorf("look for an inbox in the cluster: %w", err)
	}
	return last == 0 && !snapshot, c.Missing(), nil
}

// options are those of the cluster's inbox, with a view of this move's own.
func (s *source) options() jetstream.Options {
	f := s.Config
	return jetstream.Options{
		Cluster: clusterOptions(f), Dir: filepath.Join(s.work, viewDir), MaxBytes: int64(f.Inbox.MaxBytes),
		DuplicateWindow: f.Inbox.DuplicateWindow, Version: s.Version, Logger: s.Logger,
	}
}

// seed has a cluster without an inbox begin with this one.
func (s *source) seed(ctx context.Context) error {
	backup := filepath.Join(s.work, "backup.db")
	if err := s.Backup(ctx, backup, s.tell("copying")); err != nil {
		return fmt.Errorf("copy the inbox: %w", err)
	}
	return jetstream.Seed(ctx, s.options(), backup, s.tell("sending"))
}

// bring gives a cluster that has an inbox what is unfinished in this one.
func (s *source) bring(ctx context.Context) (events int64, err error) {
	to, err := jetstream.Open(ctx, s.options())
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	return jetstream.Import(ctx, s.Store, to, s.tell("moving"))
}

func (s *source) tell(doing string) store.Progress {
	return func(done, total int64) {
		if s.Progress != nil {
			s.Progress(doing, done, total)
		}
	}
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
