package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/switchhook/switchhook/plugins/blacklist/store"
	"github.com/switchhook/switchhook/sdk"
)

// openBusy opens a store in which another process has begun to write.
func openBusy(t *testing.T, patience time.Duration) *store.Store {
	t.Helper()
	path := file(t)
	s, err := store.Open(context.Background(), store.Options{Path: path, BusyTimeout: patience})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	other, err := raw(t, path).BeginTx(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Rollback() })
	return s
}

func TestALockHeldTooLongIsWorthAnotherAttemptInAWhile(t *testing.T) {
	t.Parallel()
	s := openBusy(t, time.Millisecond)
	_, applied := s.Apply(context.Background(), block("c1", noon, store.Pair{From: "alice", To: "bob"}))
	counted := s.CountEmpty(context.Background(), "1400000001", "Sns.CallbackBlackListAdd", noon)
	for name, err := range map[string]error{"apply": applied, "count empty": counted} {
		fault, ok := errors.AsType[*sdk.Fault](err)
		if !ok || fault.Kind != sdk.KindFailed || fault.RetryAfter <= 0 {
			t.Errorf("%s: got %v, want a failed fault that names a wait", name, err)
		}
	}
	if err := s.Check(context.Background()); err != nil {
		t.Errorf("a busy writer made the check fail: %v", err)
	}
}

func TestTheDeadlineEndsTheWaitForALock(t *testing.T) {
	t.Parallel()
	s := openBusy(t, time.Hour)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	_, err := s.Apply(ctx, block("c1", noon, store.Pair{From: "alice", To: "bob"}))
	if err == nil || sdk.KindOf(err) != sdk.KindTimeout {
		t.Errorf("got %v, want a timeout", err)
	}
}

func TestATransactionThatTheDeadlineRolledBackIsATimeout(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), 0)
	defer cancel()
	// The race between deadline and commit that a test cannot stage.
	if err := store.Fault(ctx, sql.ErrTxDone); sdk.KindOf(err) != sdk.KindTimeout || !errors.Is(err, sql.ErrTxDone) {
		t.Errorf("got %v, want a timeout that names its cause", err)
	}
}

func TestAFullDiskIsAnOverloadAndNothingIsWritten(t *testing.T) {
	t.Parallel()
	path := file(t)
	s := open(t, path)
	limit := func(pages int) {
		t.Helper()
		if err := s.LimitPages(context.Background(), pages); err != nil {
			t.Fatal(err)
		}
	}
	apply(t, s, block("c1", noon, store.Pair{From: "alice", To: "bob"}))
	pairs := make([]store.Pair, 5000)
	for i := range pairs {
		pairs[i] = store.Pair{From: "alice", To: fmt.Sprintf("user-%d", i)}
	}
	large := block("c2", noon, pairs...)

	limit(20)
	_, err := s.Apply(context.Background(), large)
	fault, ok := errors.AsType[*sdk.Fault](err)
	if !ok || fault.Kind != sdk.KindOverloaded || fault.RetryAfter <= 0 {
		t.Errorf("got %v, want an overload that names a wait", err)
	}
	if found := len(rows(t, path)); found != 1 {
		t.Errorf("the table holds %d rows, want the 1 from before", found)
	}

	limit(1 << 20)
	if changed := apply(t, s, large); changed != 5000 {
		t.Errorf("with room again %d rows changed, want 5000", changed)
	}
}

func TestCheckMissesTheFile(t *testing.T) {
	t.Parallel()
	for name, replace := range map[string]func(path string) error{
		"when it was deleted": os.Remove,
		"when it was replaced": func(path string) error {
			return errors.Join(os.Rename(path, path+".old"), os.WriteFile(path, nil, 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := file(t)
			s := open(t, path)
			if err := s.Check(context.Background()); err != nil {
				t.Fatalf("before: %v", err)
			}
			if err := replace(path); err != nil {
				t.Fatal(err)
			}
			if err := s.Check(context.Background()); err == nil {
				t.Error("the check found nothing wrong")
			}
		})
	}
}
