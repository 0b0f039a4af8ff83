package sqlite

import (
	"context"
	"fmt"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// Check reads everything and returns what is wrong with it, a line each.
func (s *Store) Check(ctx context.Context, progress store.Progress) (problems []string, err error) {
	rows, err := s.readers.QueryContext(ctx, "PRAGMA quick_check")
	if err != nil {
		return nil, fmt.Errorf("check the inbox: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err says it
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return nil, fmt.Errorf("check the inbox: %w", err)
		}
		if line != "ok" {
			problems = append(problems, line)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("check the inbox: %w", err)
	}
	q, last := store.ScanQuery{Bodies: true, Limit: refPage}, s.ledger.last()
	for {
		page, err := s.Scan(ctx, q)
		if err != nil {
			return nil, err
		}
		for i := range page.Copies {
			if c := &page.Copies[i]; c.Corrupt {
				problems = append(problems, fmt.Sprintf("event %d of plugin %s is not what was written", c.Event.Seq, c.Plugin))
			}
		}
		if page.Next == nil {
			return problems, nil
		}
		if progress != nil {
			progress(int64(page.Next.Seq), last) //nolint:gosec // it came from an int64
		}
		q.After = page.Next
	}
}
