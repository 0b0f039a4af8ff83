package storetest_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/dispatcher/inbox/storetest"
)

// memories stand for the disk: what a store in memory would have left in a folder.
type memories struct {
	mu sync.Mutex
	of map[string]*storetest.Memory
}

func (ms *memories) open(dir string, o storetest.Options) *storetest.Memory {
	ms.mu.Lock()
	defer ms.mu.Unlock()
	if m, ok := ms.of[dir]; ok {
		m.Reopen()
		return m
	}
	m, err := storetest.RestoreMemory(filepath.Join(dir, "backup"), storetest.MemoryOptions(o))
	if err != nil {
		m = storetest.NewMemory(storetest.MemoryOptions(o))
	} else {
		m.Reopen() // it was taken of a store in use
	}
	ms.of[dir] = m
	return m
}

func (ms *memories) get(dir string) *storetest.Memory {
	ms.mu.Lock()
	defer ms.mu.Unlock()
	return ms.of[dir]
}

func memory(t *testing.T) storetest.Implementation {
	t.Helper()
	ms := &memories{of: map[string]*storetest.Memory{}}
	return storetest.Implementation{
		Open: func(_ context.Context, dir string, o storetest.Options) (store.Store, error) {
			return ms.open(dir, o), nil
		},
		Crash: func(dir, to string) error {
			return ms.get(dir).Backup(t.Context(), filepath.Join(to, "backup"), nil)
		},
		Restore: func(file, dir string) error {
			m, err := storetest.RestoreMemory(file, storetest.MemoryOptions{})
			if err != nil {
				return fmt.Errorf("read the backup: %w", err)
			}
			return m.Backup(t.Context(), filepath.Join(dir, "backup"), nil)
		},
		Damage: func(dir string, seq uint64) error {
			ms.get(dir).Damage(seq)
			return nil
		},
	}
}

func TestMemory(t *testing.T) {
	t.Parallel()
	storetest.Run(t, memory(t))
}

func TestMemoryAgreesWithItself(t *testing.T) {
	t.Parallel()
	storetest.Model(t, memory(t))
}
