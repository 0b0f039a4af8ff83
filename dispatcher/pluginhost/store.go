package pluginhost

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/switchhook/switchhook/dispatcher/durable"
)

// store keeps the plugins' directories under the data directory. Copies of it
// are one store.
type store struct {
	root string
	// updates makes one of two changes of a record come after the other.
	updates *sync.Mutex
}

func newStore(root string) store { return store{root: root, updates: new(sync.Mutex)} }

// dataDir returns the plugin's own directory, made if need be.
func (s store) dataDir(plugin string) (string, error) {
	dir := filepath.Join(s.root, plugin, "data")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make the plugin's data directory: %w", err)
	}
	return dir, nil
}

func (s store) file(plugin string) string { return filepath.Join(s.root, plugin, "describe.json") }

// names returns the plugins that have a record.
func (s store) names() ([]string, error) {
	entries, err := os.ReadDir(s.root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for stored descriptions: %w", err)
	}
	var names []string
	for _, e := range entries {
		if !validName(e.Name()) {
			continue
		}
		switch _, err := os.Stat(s.file(e.Name())); {
		case err == nil:
			names = append(names, e.Name())
		case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR):
			return nil, fmt.Errorf("look for the stored description of plugin %s: %w", e.Name(), err)
		}
	}
	return names, nil
}

// load returns the plugin's last good record, or false when there is none.
func (s store) load(plugin string) (record, bool, error) {
	var r record
	raw, err := os.ReadFile(s.file(plugin))
	if errors.Is(err, fs.ErrNotExist) {
		return r, false, nil
	}
	if err != nil {
		return r, false, fmt.Errorf("read the stored description: %w", err)
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return r, false, fmt.Errorf("read the stored description %s: %w", s.file(plugin), err)
	}
	return r, true, nil
}

// update changes the plugin's record, or makes one, and keeps what change leaves
// alone. A record that cannot be understood is replaced.
func (s store) update(plugin string, change func(*record)) error {
	s.updates.Lock()
	defer s.updates.Unlock()
	r, _, err := s.load(plugin)
	if _, unread := errors.AsType[*fs.PathError](err); unread {
		return err
	}
	if err != nil {
		r = record{}
	}
	change(&r)
	return s.save(plugin, r)
}

// save replaces the plugin's record. After a power cut there is either the old
// one or the new one, whole.
func (s store) save(plugin string, r record) error {
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the description: %w", err)
	}
	file := s.file(plugin)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return fmt.Errorf("store the description: %w", err)
	}
	if err := durable.Replace(file, append(raw, '\n')); err != nil {
		return fmt.Errorf("store the description: %w", err)
	}
	return nil
}
