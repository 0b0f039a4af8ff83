package source

import (
	"context"
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
// is seen as gone, and so is one that cannot be looked at.
func (t *Tree) look() look {
	seen := make(look)
	for _, path := range slices.Concat(t.extra, t.modules) {
		seen.add(path)
	}
	for _, dir := range t.sources {
		seen.addAll(dir, isSource)
	}
	for _, dir := range t.embeds {
		seen.addAll(dir, func(string) bool { return true })
	}
	return seen
}

// addAll adds the files of a directory, but not of those in it, whose names count.
func (l look) addAll(dir string, counts func(name string) bool) {
	entries, _ := os.ReadDir(dir) // what cannot be read is not there
	for _, entry := range entries {
		if counts(entry.Name()) {
			l.add(filepath.Join(dir, entry.Name()))
		}
	}
}

func (l look) add(path string) {
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
		l[path] = stamp{info.Size(), info.ModTime()}
	}
}

// isSource reports whether a file of that name may be compiled into the program.
// Hidden ones are the editors' own.
func isSource(name string) bool {
	hidden := strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")
	return filepath.Ext(name) == ".go" && !hidden && !strings.HasSuffix(name, "_test.go")
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
