package sqlite_test

import (
	"testing"

	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

func TestALongQueueIsMovedAndBuriedInManySteps(t *testing.T) {
	t.Parallel()
	s := open(t, sqlite.Options{})
	commit(t, s, appends(1, 100, "old", "new"))
	commit(t, s, appends(101, 2200, "old"))
	moved, err := s.Move(t.Context(), "old", "new")
	if err != nil || moved != 2100 {
		t.Fatalf("moved %d, %v", moved, err)
	}
	if got := stats(t, s); len(got.Queues) != 1 || got.Queues[0].Plugin != "new" || got.Queues[0].Ready != 2200 {
		t.Errorf("queues %+v", got.Queues)
	}
	if err := s.Subscribe(t.Context(), store.Subscription{Plugin: "new", Pattern: "Sns.*"}); err != nil {
		t.Fatal(err)
	}
	dead, err := s.Unsubscribe(t.Context(), "new", "Sns.*")
	if got := stats(t, s).Queues[0]; err != nil || dead != 2200 || got.Dead != 2200 || got.Waiting() != 0 {
		t.Errorf("%d dead, %v, %+v", dead, err, got)
	}
	if problems, err := s.Check(t.Context(), nil); err != nil || len(problems) > 0 {
		t.Errorf("check: %q, %v", problems, err)
	}
}
