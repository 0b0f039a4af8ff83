package jetstream

import (
	"context"
	"fmt"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// backupPatience is how long a backup waits for what the log has and the view has not.
const backupPatience = 10 * time.Second

// Backup writes the view to a new file once it has all that the log has now. Where the
// cluster is away, or the view does not follow, it has what the gateway has, and the log says
// so.
func (s *Store) Backup(ctx context.Context, file string, progress store.Progress) error {
	waiting, cancel := context.WithTimeout(ctx, backupPatience)
	defer cancel()
	last, err := s.log.End(waiting)
	if err == nil {
		err = s.Await(waiting, last)
	}
	if ctx.Err() != nil {
		return fmt.Errorf("back up the inbox to %s: %w", file, context.Cause(ctx))
	}
	if err != nil {
		s.options.Logger.WarnContext(ctx, "a backup may lack the latest changes, which this gateway does not have", "mark", s.Mark(), "err", err)
	}
	_, err = ask(s, func(v *view) (struct{}, error) { return struct{}{}, v.Backup(ctx, file, progress) })
	return err
}

// Check reads the whole view and returns what is wrong with it, or with how it fits the
// log. What is wrong with a view alone is mended by making it anew: the folder may be removed
// while the gateway is stopped.
func (s *Store) Check(ctx context.Context, progress store.Progress) (problems []string, err error) {
	problems, err = ask(s, func(v *view) ([]string, error) { return v.Check(ctx, progress) })
	if err != nil {
		return nil, err
	}
	first, last, _, err := s.log.Bounds(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask where the log begins and ends: %w", err)
	}
	snapshot, ok, err := s.log.Latest(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for a snapshot: %w", err)
	}
	if mark, _ := s.position.now(); mark > last {
		problems = append(problems, fmt.Sprintf("the view is at entry %d of a log that ends with %d: its stream was deleted or restored", mark, last))
	}
	if first > 1 && (!ok || snapshot+1 < first) {
		problems = append(problems, fmt.Sprintf("the log begins with entry %d, and there is no snapshot of what was before: "+
			"no other gateway can begin", first))
	}
	return problems, nil
}
