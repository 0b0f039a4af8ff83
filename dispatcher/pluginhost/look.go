package pluginhost

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// stamp changes with a file. The number of a removed file may be given to the next
// one, and some tools set its time and size alike; the time of the last change of
// anything about the file, where the system tells it, differs all the same.
type stamp struct {
	device, inode uint64
	size          int64
	mode          fs.FileMode
	modified      time.Time
	changed       time.Time
}

func stampOf(info fs.FileInfo) stamp {
	s := stamp{size: info.Size(), mode: info.Mode(), modified: info.ModTime()}
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		s.device, s.inode = uint64(sys.Dev), sys.Ino //nolint:gosec,unconvert,nolintlint // Its type is the system's.
		s.changed = changedAt(sys)
	}
	return s
}

// look is the files that plugins run from at one moment, by path.
type look map[string]stamp

// takeLook looks at the executables of dir that are not hidden, and at paths. What
// cannot be looked at now is taken to be as it was before: a directory that a
// network or a mount takes away for a moment has lost no plugin.
func takeLook(dir string, paths []string, before look) look {
	now := make(look)
	entries, err := os.ReadDir(dir)
	if err != nil {
		for path, s := range before {
			if filepath.Dir(path) == dir {
				now[path] = s
			}
		}
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			now.add(filepath.Join(dir, e.Name()), before)
		}
	}
	for _, path := range paths {
		if _, ok := now[path]; !ok {
			now.add(path, before)
		}
	}
	return now
}

// add looks at one file, through symbolic links.
func (l look) add(path string, before look) {
	info, err := os.Stat(path)
	switch s, known := before[path]; {
	case err == nil && executable(info):
		l[path] = stampOf(info)
	case err != nil && !errors.Is(err, fs.ErrNotExist) && known:
		l[path] = s
	}
}

// differences are the paths that are not the same in both, sorted, and whether one
// of them is gone from l.
func (l look) differences(before look) (paths []string, gone bool) {
	for path, s := range l {
		if b, ok := before[path]; !ok || b != s {
			paths = append(paths, path)
		}
	}
	for path := range before {
		if _, ok := l[path]; !ok {
			paths, gone = append(paths, path), true
		}
	}
	slices.Sort(paths)
	return paths, gone
}

func (l look) same(o look) bool { return maps.Equal(l, o) }
