package scaffold

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// OldestGo is the version of Go that the SDK needs, where no checkout tells it.
const OldestGo = "1.26.0"

// goVersion is what the plugin's go.mod states.
func (s Source) goVersion() string {
	if s.Path == "" {
		return OldestGo
	}
	text, err := os.ReadFile(filepath.Join(s.Path, "go.mod"))
	if err != nil {
		return OldestGo
	}
	if m := goLine.FindSubmatch(text); m != nil {
		return string(m[1])
	}
	return OldestGo
}

// resolve completes go.mod and go.sum. The go command wants to see even the tests
// of what is required, which may not be at hand where there is no network. With a
// checkout that is no reason to fail: its own go.mod and go.sum are complete.
func (p *Plan) resolve(ctx context.Context, progress io.Writer) error {
	if _, err := exec.LookPath("go"); err != nil {
		return fmt.Errorf("the go command is not found: install Go %s or later, see https://go.dev/dl", p.SDK.goVersion())
	}
	if err := p.seedSums(); err != nil {
		return err
	}
	if err := say(progress, "go mod tidy: looks for the modules that the plugin needs, and fetches what is not there yet"); err != nil {
		return err
	}
	err := p.run(ctx, progress, "mod", "tidy")
	if err == nil || ctx.Err() != nil {
		return err
	}
	if p.SDK.Path == "" {
		return fmt.Errorf("%w\n%s %s could not be had: is there such a version, a network, and is GOPROXY right (go env GOPROXY)? "+
			"With a checkout at hand, give --sdk PATH instead", err, ModulePath, p.SDK.Version)
	}
	if p.inherit(ctx) != nil { // what tidy said is of more use
		return fmt.Errorf("%w\nthe modules that the SDK needs could not be had: is there a network, and is GOPROXY right (go env GOPROXY)?", err)
	}
	return say(progress, "go mod tidy: not all could be looked at; go.mod and go.sum name all that the checkout's do, "+
		"which is enough to build and test: run go mod tidy when there is a network")
}

func say(progress io.Writer, line string) error {
	if _, err := fmt.Fprintln(progress, line); err != nil {
		return fmt.Errorf("write progress: %w", err)
	}
	return nil
}

// requirement is a line of a require block.
var requirement = regexp.MustCompile(`(?m)^\t(\S+ v\S+)(?: // indirect)?$`)

// inherit requires what the checkout requires, and checks that it is enough.
func (p *Plan) inherit(ctx context.Context) error {
	theirs, err := os.ReadFile(filepath.Join(p.SDK.Path, "go.mod"))
	if err != nil {
		return fmt.Errorf("read the checkout's go.mod: %w", err)
	}
	path := filepath.Join(p.Dir, "go.mod")
	ours, err := os.ReadFile(path) //nolint:gosec // It was written a moment ago.
	if err != nil {
		return fmt.Errorf("read go.mod: %w", err)
	}
	text := bytes.NewBuffer(ours)
	text.WriteString("\nrequire (\n")
	for _, m := range requirement.FindAllSubmatch(theirs, -1) {
		fmt.Fprintf(text, "\t%s // indirect\n", m[1])
	}
	text.WriteString(")\n")
	if err := os.WriteFile(path, text.Bytes(), 0o644); err != nil { //nolint:gosec // A source tree is for every user to read.
		return fmt.Errorf("write go.mod: %w", err)
	}
	if err := p.seedSums(); err != nil {
		return err
	}
	return p.run(ctx, io.Discard, "list", "-deps", "-test", "./...")
}

// seedSums starts go.sum with the checkout's, whose hashes are checked in. What is
// not needed goes again.
func (p *Plan) seedSums() error {
	if p.SDK.Path == "" {
		return nil
	}
	sums, err := os.ReadFile(filepath.Join(p.SDK.Path, "go.sum"))
	if err != nil {
		return fmt.Errorf("read the checkout's go.sum: %w", err)
	}
	if err := os.WriteFile(filepath.Join(p.Dir, "go.sum"), sums, 0o644); err != nil { //nolint:gosec // A source tree is for every user to read.
		return fmt.Errorf("write go.sum: %w", err)
	}
	return nil
}

// run runs the go command in the plugin's directory, outside of any workspace: the
// module has to stand by itself. Its last words become the error's.
func (p *Plan) run(ctx context.Context, progress io.Writer, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", args...) //nolint:gosec // The arguments are this file's own.
	var said bytes.Buffer
	cmd.Dir, cmd.Stderr = p.Dir, io.MultiWriter(&said, progress)
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS="+modless(os.Getenv("GOFLAGS")))
	err := cmd.Run()
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	lines := strings.Split(strings.TrimSpace(said.String()), "\n")
	return fmt.Errorf("go %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(lines[len(lines)-1]))
}

// modless drops a -mod from GOFLAGS: one that forbids changes to go.mod is not
// meant for a module that is being made.
func modless(flags string) string {
	return strings.Join(slices.DeleteFunc(strings.Fields(flags), func(flag string) bool {
		return strings.HasPrefix(strings.TrimLeft(flag, "-"), "mod=")
	}), " ")
}

// workspace is the go.work that the plugin's directory lies in, "" or "off" where
// there is none.
func (p *Plan) workspace(ctx context.Context) string {
	cmd := exec.CommandContext(ctx, "go", "env", "GOWORK")
	cmd.Dir = p.Dir
	out, err := cmd.Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
