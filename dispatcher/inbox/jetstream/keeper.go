package jetstream

import (
	"context"
	"fmt"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// Backup writes the view to a new file once it has all that the log has now. Where the
// cluster is away it has what the gateway has, and the log says so.
func (s *Store) Backup(ctx context.Context, file string, progress store.Progress) error {
	if last, err := s.log.End(ctx); err != nil {
		mark, _ := s.position.now()
		s.options.Logger.WarnContext(ctx, "a backup may lack the latest changes: the cluster cannot be asked for them", "mark", mark, "err", err)
	} else if err := s.Await(ctx, last); err != nil {
		return fmt.Errorf("back up the inbox to %s: %w", file, err)
	}
	_, err := ask(s, func(v *view) (struct{}, error) { return struct{}{}, v.Backup(ctx, file, progress) })
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
