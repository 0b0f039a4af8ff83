package source

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// BuildError is what the compiler has to say about a plugin that does not build.
type BuildError struct{ Output string }

// Error returns the compiler's words.
func (e *BuildError) Error() string { return e.Output }

// Build builds the plugin and puts the program at path, in one step, so that
// nobody ever sees half of it. It reports whether the program is another one than
// the last. When the plugin does not build, the error is a [BuildError] and what
// stood at path stays.
func (t *Tree) Build(ctx context.Context, path string) (changed bool, err error) {
	t.begin(ctx)
	fresh := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".new")
	// Without the commit in it, only what was written makes another program.
	out, err := t.command(ctx, "build", "-buildvcs=false", "-o", fresh, ".").CombinedOutput()
	if _, failed := errors.AsType[*exec.ExitError](err); failed && ctx.Err() == nil {
		return false, &BuildError{Output: strings.TrimSpace(string(out))}
	}
	if err != nil {
		return false, fmt.Errorf("go build: %w", err)
	}
	program, err := os.ReadFile(fresh) //nolint:gosec // It was made a moment ago.
	if err != nil {
		return false, fmt.Errorf("read the program: %w", err)
	}
	sum := sha256.Sum256(program)
	if t.hasMade && sum == t.hash {
		if err := os.Remove(fresh); err != nil {
			return false, fmt.Errorf("remove the program: %w", err)
		}
		return false, nil
	}
	if err := os.Rename(fresh, path); err != nil {
		return false, fmt.Errorf("put the program into place: %w", err)
	}
	t.hash, t.hasMade = sum, true
	return true, nil
}

// begin notes what is there before anything of it is read, so that no save is
// lost, however long the build takes. What the go command cannot find out, such as
// in a go.mod with a mistake, stays as it was: the build will say what is wrong.
func (t *Tree) begin(ctx context.Context) {
	before, known := t.look(), slices.Concat(t.sources, t.embeds)
	_, _ = t.find(ctx)
	t.built = t.look()
	for path := range t.built {
		was, seen := before[path]
		switch { // it may have been saved while the packages were listed
		case seen:
			t.built[path] = was
		case slices.Contains(known, filepath.Dir(path)):
			delete(t.built, path)
		}
	}
}
