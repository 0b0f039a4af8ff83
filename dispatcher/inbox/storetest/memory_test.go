package storetest_test

import (
	"errors"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/dispatcher/inbox/storetest"
	"github.com/switchhook/switchhook/sdk"
)

var all = store.WaitingQuery{Line: store.Line{Plugin: "blacklist", Commands: []string{"Sns.CallbackFriendAdd"}}}

func one(id string) *store.Batch {
	return &store.Batch{Appends: []store.Append{{
		Event:   store.Event{ID: id, Command: "Sns.CallbackFriendAdd", ReceivedAt: time.Now(), Body: []byte(id)},
		Plugins: []string{"blacklist"},
	}}}
}

func TestMemoryFailsCommitsAsLongAsItIsTold(t *testing.T) {
	t.Parallel()
	m, broken := storetest.NewMemory(storetest.MemoryOptions{}), errors.New("disk on fire")
	m.Fail(broken)
	if err := m.Commit(t.Context(), one("a")); !errors.Is(err, broken) {
		t.Fatalf("got %v", err)
	}
	m.Fail(nil)
	if err := m.Commit(t.Context(), one("a")); err != nil {
		t.Fatal(err)
	}
	if copies, err := m.Waiting(t.Context(), all); err != nil || len(copies) != 1 || copies[0].Event.Seq != 1 {
		t.Errorf("got %v, %v", copies, err)
	}
	if got, want := m.Calls(), (storetest.Calls{Commits: 2, Waiting: 1}); got != want {
		t.Errorf("counted %+v, not %+v", got, want)
	}
}

func TestMemoryHoldsCommitsUntilReleased(t *testing.T) {
	t.Parallel()
	m := storetest.NewMemory(storetest.MemoryOptions{})
	release := m.Hold()
	done := make(chan error)
	go func() { done <- m.Commit(t.Context(), one("a")) }()
	if copies, err := m.Waiting(t.Context(), all); err != nil || len(copies) != 0 {
		t.Errorf("got %v, %v while commits are held", copies, err)
	}
	release()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestMemorySaysWhichEventIsDamaged(t *testing.T) {
	t.Parallel()
	m := storetest.NewMemory(storetest.MemoryOptions{})
	for _, id := range []string{"a", "b"} {
		if err := m.Commit(t.Context(), one(id)); err != nil {
			t.Fatal(err)
		}
	}
	m.Damage(2)
	copies, err := m.Waiting(t.Context(), all)
	if err != nil || len(copies) != 2 || copies[0].Corrupt || !copies[1].Corrupt {
		t.Errorf("got %v, %v", copies, err)
	}
	if problems, err := m.Check(t.Context(), nil); err != nil || len(problems) != 1 {
		t.Errorf("a check found %q, %v", problems, err)
	}
}

func TestMemoryRestoresWhatItBackedUp(t *testing.T) {
	t.Parallel()
	m, file := storetest.NewMemory(storetest.MemoryOptions{}), t.TempDir()+"/backup"
	b := one("a")
	b.Requeues = []store.Requeue{{Plugin: "audit", Seq: 1, Purpose: sdk.Replay}}
	if err := m.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if err := m.Backup(t.Context(), file, nil); err != nil {
		t.Fatal(err)
	}
	restored, err := storetest.RestoreMemory(file, storetest.MemoryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	page, err := restored.Scan(t.Context(), store.ScanQuery{Bodies: true})
	if err != nil || len(page.Copies) != 2 || page.Copies[0].Plugin != "audit" || string(page.Copies[1].Event.Body) != "a" {
		t.Errorf("got %+v, %v", page, err)
	}
}
