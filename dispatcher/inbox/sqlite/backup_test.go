package sqlite_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestABackupOfAStoreInUseOpensAsAStore(t *testing.T) {
	t.Parallel()
	s := openIn(t, t.TempDir())
	defer closed(t, s)
	acceptAtOnce(t, s, 300)
	before := accept(t, s, 0, 10)
	dir := t.TempDir()
	file := filepath.Join(dir, database)
	var writes sync.WaitGroup
	var last, whole int64
	err := s.Backup(t.Context(), file, func(done, total int64) {
		if last == 0 {
			writes.Go(func() { accept(t, s, 1000, 1020) })
		}
		if done < last || done > total {
			t.Errorf("%d of %d after %d", done, total, last)
		}
		last, whole = done, total
	})
	writes.Wait()
	if err != nil || last != whole || last == 0 {
		t.Fatalf("%v, %d of %d", err, last, whole)
	}
	if names := entries(t, dir); !slices.Equal(names, []string{database}) {
		t.Errorf("beside the backup: %q", names)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	restored := openIn(t, dir)
	defer closed(t, restored)
	got, corrupt := kept(t, restored)
	if corrupt > 0 || len(got) < 310 || !slices.Equal(got[300:310], before) {
		t.Errorf("%d events, %d corrupt", len(got), corrupt)
	}
	if problems, err := restored.Check(t.Context(), nil); err != nil || len(problems) > 0 || loss(t, restored) != nil {
		t.Errorf("%q, %v", problems, err)
	}
	accept(t, restored, 5000, 5003)
	if all, _ := kept(t, s); len(all) != 330 {
		t.Errorf("the store itself has %d events", len(all))
	}
}

func TestABackupThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	s := openIn(t, t.TempDir())
	defer closed(t, s)
	acceptAtOnce(t, s, 300)
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	if err := s.Backup(ctx, filepath.Join(dir, "b"), func(_, _ int64) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
	if err := s.Backup(t.Context(), filepath.Join(dir, "no", "b"), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	if names := entries(t, dir); len(names) > 0 {
		t.Errorf("left: %q", names)
	}
	taken := filepath.Join(dir, "taken")
	if err := os.WriteFile(taken, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(t.Context(), taken, nil); !errors.Is(err, os.ErrExist) || !strings.Contains(err.Error(), taken) {
		t.Errorf("taken: %v", err)
	}
	if string(read(t, taken)) != "mine" {
		t.Error("a file that was there was written over")
	}
	accept(t, s, 300, 302)
}

func entries(t *testing.T, dir string) (names []string) {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		names = append(names, e.Name())
	}
	return names
}
