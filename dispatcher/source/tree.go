package source

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Tree is a plugin's source: the directory of its main package, and those of all
// that it imports where an author may write. Its methods belong to one goroutine.
type Tree struct {
	dir     string
	extra   []string // files that count whatever is imported
	sources []string // the directories of the packages
	embeds  []string // those that files are embedded from
	modules []string // the go.mod files of the packages' modules
	built   look     // what was there when the last build began
	hash    [32]byte // of the program that it made
	hasMade bool
}

// Open looks at dir, which has to hold a Go program; extra names further files to
// be watched. The error is a mistake in dir, or says that there is no go command.
func Open(ctx context.Context, dir string, extra ...string) (*Tree, error) {
	full, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("resolve %s: %w", dir, err)
	}
	if full, err = filepath.EvalSymlinks(full); err != nil { // the go command tells real paths
		return nil, fmt.Errorf("look at the plugin's source: %w", err)
	}
	files, err := filepath.Glob(filepath.Join(full, "*.go"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("%s is not a directory with Go files: give the one that holds the plugin's main.go", dir)
	}
	if _, err := exec.LookPath("go"); err != nil {
		return nil, errors.New("the go command is not found: install Go, see https://go.dev/dl")
	}
	t := &Tree{dir: full, extra: extra}
	name, err := t.find(ctx)
	if err != nil {
		return nil, fmt.Errorf("look at the plugin's source: %w", err)
	}
	if name != "main" && name != "" { // nothing is known of one that does not parse
		return nil, fmt.Errorf("%s holds package %s, not a program: give the directory of the plugin's main.go", dir, name)
	}
	t.extra = append(t.extra, t.requirements(ctx)...)
	return t, nil
}

// Dir returns the absolute path of the directory.
func (t *Tree) Dir() string { return t.dir }

// requirements returns the files that say which modules the plugin is built with:
// they may lie above its directory.
func (t *Tree) requirements(ctx context.Context) []string {
	out, err := t.command(ctx, "env", "GOMOD", "GOWORK").Output()
	if err != nil {
		return nil // the build will say what is wrong
	}
	var files []string
	for line := range strings.Lines(string(out)) {
		file := strings.TrimSpace(line)
		if filepath.IsAbs(file) && file != os.DevNull {
			files = append(files, file, strings.TrimSuffix(strings.TrimSuffix(file, ".mod"), ".work")+".sum")
		}
	}
	return files
}

// grace is how long the go command gets to clean up when it is interrupted.
const grace = 5 * time.Second

func (t *Tree) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...) //nolint:gosec // The arguments are this package's own.
	cmd.Dir = t.dir
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = grace
	return cmd
}
