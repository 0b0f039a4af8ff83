package jetstream_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/dispatcher/inbox/storetest"
)

func TestOnALogInMemoryItKeepsEveryPromiseOfAStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, inMemory())
}

func TestOnALogInMemoryItAnswersAsAStoreInMemoryDoes(t *testing.T) {
	t.Parallel()
	storetest.Model(t, inMemory())
}

// places gives each folder of a test its log. A crash leaves another folder on the same log.
type places[Log any] struct {
	mu   sync.Mutex
	of   map[string]Log
	make func() Log
}

func (p *places[Log]) get(dir string) Log {
	p.mu.Lock()
	defer p.mu.Unlock()
	l, ok := p.of[dir]
	if !ok {
		l = p.make()
		p.of[dir] = l
	}
	return l
}

// crash copies the view's files, in use as they are.
func (p *places[Log]) crash(dir, to string) error {
	l := p.get(dir)
	p.mu.Lock()
	p.of[to] = l
	p.mu.Unlock()
	return copyFolder(dir, to)
}

func options(dir string, o storetest.Options) jetstream.Options {
	return jetstream.Options{Dir: dir, MaxBytes: o.MaxBytes, DuplicateWindow: o.DuplicateWindow, Now: o.Now}
}

// inMemory has no Damage: a view that cannot be read is made anew, so that nobody is ever
// given what was not written.
func inMemory() storetest.Implementation {
	logs := &places[*history]{of: map[string]*history{}, make: newHistory}
	return storetest.Implementation{
		Open: func(ctx context.Context, dir string, o storetest.Options) (store.Store, error) {
			return jetstream.OpenOn(ctx, logs.get(dir).connect(), nil, options(dir, o))
		},
		Crash: logs.crash,
		Restore: func(file, dir string) error {
			return jetstream.SeedOn(context.Background(), logs.get(dir).connect(), options(dir, storetest.Options{}), file)
		},
	}
}

func copyFolder(from, to string) error {
	return filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, name), 0o700)
		}
		data, err := os.ReadFile(path)
		if errors.Is(err, os.ErrNotExist) || filepath.Ext(name) == ".db-shm" {
			return nil
		}
		return errors.Join(err, os.WriteFile(filepath.Join(to, name), data, 0o600))
	})
}
