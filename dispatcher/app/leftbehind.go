package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/switchhook/switchhook/dispatcher/config"
	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
)

// inboxFile is the inbox of a gateway that shares it with no other.
const inboxFile = "inbox.db"

// lookBehind refuses to start with a shared inbox while this gateway's own of before still
// has what waits: whoever answered OK to that would have forgotten it. Of dead letters alone,
// which wait for nothing but an operator, the log warns.
func (a *App) lookBehind(ctx context.Context, f *config.File) error {
	dir := filepath.Join(f.DataDir, inboxDir)
	if _, err := os.Stat(filepath.Join(dir, inboxFile)); !f.Inbox.Shared() || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	left, err := a.countLeft(ctx, dir)
	if err != nil {
		return fmt.Errorf("look for what still waits in the inbox that this gateway had for itself, in %s: %w; "+
			"to start without it, move that folder away", absolute(dir), err)
	}
	move := fmt.Sprintf("`switchhook inbox move --from %s --config %s`", absolute(f.DataDir), cmp.Or(f.Path, "FILE"))
	switch {
	case left.waiting > 0:
		return config.Problems{{
			File: cmp.Or(f.Path, "the command line"), Key: "inbox.store",
			Message: fmt.Sprintf("is jetstream, and in the inbox that this gateway had for itself %s, in %s: "+
				"%s takes that along; with store: sqlite it is delivered from where it is", waitCopies(left.waiting), absolute(dir), move),
		}}
	case left.dead > 0:
		a.log.WarnContext(ctx, "dead letters are left in the inbox that this gateway had for itself, and nobody sees them in the one that it shares",
			"dead_letters", left.dead, "dir", absolute(dir), "do", "stop the gateway, and "+move+" takes them along; or move that folder away")
	default:
		a.log.InfoContext(ctx, "the inbox that this gateway had for itself is not used any more, and nothing is left in it: its folder may be moved away",
			"dir", absolute(dir))
	}
	return nil
}

// left is what an inbox still has.
type left struct{ waiting, dead int64 }

func (a *App) countLeft(ctx context.Context, dir string) (l left, err error) {
	s, err := sqlite.Open(ctx, sqlite.Options{Dir: dir, Logger: a.log, Version: a.options.Version})
	if err != nil {
		return left{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	stats, err := s.Stats(ctx)
	for _, q := range stats.Queues {
		l.waiting += q.Waiting()
		l.dead += q.Dead
	}
	return l, err
}

func waitCopies(n int64) string {
	if n == 1 {
		return "1 copy waits"
	}
	return fmt.Sprintf("%d copies wait", n)
}
