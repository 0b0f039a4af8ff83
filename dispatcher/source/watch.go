package source

import (
	"context"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// pause is the time between two looks: short enough that nobody waits for it, and
// long enough for an editor to write all that it has to.
const pause = 150 * time.Millisecond

// look is what was seen of the files that count.
type look map[string]stamp

// stamp changes whenever a file is written.
type stamp struct {
	size  int64
	mtime time.Time
}

// Changed returns when a file has changed since the last [Tree.Build] began, and
// has then been at rest for a moment. It names the changed files, relative to the
// directory where they are in it. The error is ctx's.
func (t *Tree) Changed(ctx context.Context) ([]string, error) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	last := t.built
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, ctx.Err() //nolint:wrapcheck // The doc promises it.
		}
		now := t.look()
		if !same(now, t.built) && same(now, last) {
			return t.differing(now), nil
		}
		last = now
	}
}

// look looks at every file that counts. A file that goes while it is looked at
// is seen as gone.
func (t *Tree) look() look {
	seen := make(look)
	_ = filepath.WalkDir(t.dir, func(path string, entry fs.DirEntry, err error) error { // every error means: not there
		switch {
		case err != nil:
			return nil //nolint:nilerr // as above
		case entry.IsDir() && path != t.dir && skipped(entry.Name()):
			return fs.SkipDir
		case !entry.IsDir() && counts(entry.Name()):
			seen.add(path)
		}
		return nil
	})
	for _, path := range t.extra {
		seen.add(path)
	}
	for _, dir := range t.embeds {
		entries, _ := os.ReadDir(dir) // as above
		for _, entry := range entries {
			seen.add(filepath.Join(dir, entry.Name()))
		}
	}
	return seen
}

func (l look) add(path string) {
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
		l[path] = stamp{info.Size(), info.ModTime()}
	}
}

// skipped are the directories that the go command does not build, but for those
// of other languages.
func skipped(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" || name == "node_modules"
}

// counts reports whether a file of that name may be part of the program. Hidden
// ones are the editors' own.
func counts(name string) bool {
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
		return false
	}
	if strings.HasSuffix(name, "_test.go") {
		return false
	}
	return filepath.Ext(name) == ".go" || name == "go.mod" || name == "go.sum"
}

func same(a, b look) bool {
	return maps.EqualFunc(a, b, func(x, y stamp) bool { return x.size == y.size && x.mtime.Equal(y.mtime) })
}

// differing names what is not as the last build saw it.
func (t *Tree) differing(now look) []string {
	var names []string
	note := func(path string) {
		if relative, err := filepath.Rel(t.dir, path); err == nil && !strings.HasPrefix(relative, "..") {
			path = relative
		}
		names = append(names, path)
	}
	for path, is := range now {
		if was, ok := t.built[path]; !ok || was.size != is.size || !was.mtime.Equal(is.mtime) {
			note(path)
		}
	}
	for path := range t.built {
		if _, ok := now[path]; !ok {
			note(path)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
