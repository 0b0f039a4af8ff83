package scaffold

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Result is what was written.
type Result struct {
	// Name is the plugin's.
	Name string `json:"name"`
	// Dir is its directory.
	Dir string `json:"dir"`
	// Module is the path of its own module; empty inside the repository.
	Module string `json:"module,omitempty"`
	// SDK is the version or the checkout that its module uses; empty inside the
	// repository.
	SDK string `json:"sdk,omitempty"`
	// Files are the paths of the files, sorted.
	Files []string `json:"files"`
	// Next are the commands to type now, from the working directory.
	Next []string `json:"next"`
}

// Write writes the plugin and resolves its modules, with a word on each to
// progress. When it fails nothing of it stays.
func (p *Plan) Write(ctx context.Context, progress io.Writer) (Result, error) {
	files, err := p.render()
	if err != nil {
		return Result{}, err
	}
	undo, err := p.write(files)
	if err == nil && p.Module != "" {
		files = append(files, file{name: "go.sum"})
		err = p.resolve(ctx, progress)
	}
	if err != nil {
		return Result{}, errors.Join(err, undo())
	}
	result := Result{Name: p.Name, Dir: p.Dir, Module: p.Module, SDK: p.SDK.String(), Next: p.next(ctx)}
	for _, f := range files {
		result.Files = append(result.Files, filepath.Join(p.Dir, f.name))
	}
	slices.Sort(result.Files)
	return result, nil
}

// write puts the files into place. undo removes them, and the directories that
// were made for them.
func (p *Plan) write(files []file) (undo func() error, err error) {
	var made []string
	undo = func() error {
		var problems []error
		for _, path := range slices.Backward(made) {
			if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
				problems = append(problems, fmt.Errorf("clean up: %w", err))
			}
		}
		return errors.Join(problems...)
	}
	for dir := filepath.Clean(p.Dir); ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
			break
		}
		made = append(made, dir)
	}
	slices.Reverse(made)
	if err := os.MkdirAll(p.Dir, 0o755); err != nil { //nolint:gosec // A source tree is for every user to read, as git would make it.
		return undo, fmt.Errorf("make the directory: %w", err)
	}
	made = append(made, filepath.Join(p.Dir, "go.sum")) // of resolve; it is no mistake when it is not there
	for _, f := range files {
		path := filepath.Join(p.Dir, f.name)
		if err := os.WriteFile(path, f.text, 0o644); err != nil { //nolint:gosec // as above
			return undo, fmt.Errorf("write the plugin: %w", err)
		}
		made = append(made, path)
	}
	return undo, nil
}

// pattern is the directory as a package that the go command is asked for.
func (p *Plan) pattern() string {
	dir := filepath.ToSlash(p.Dir)
	if filepath.IsAbs(p.Dir) || strings.HasPrefix(dir, "../") {
		return dir
	}
	return "./" + dir
}

// next are three commands that show the plugin at work.
func (p *Plan) next(ctx context.Context) []string {
	dir := quoted(p.Dir)
	test := "make -C " + dir + " test"
	if p.Module == "" {
		test = "go test " + quoted(p.pattern())
	}
	commands := []string{
		test,
		"switchhook dev " + dir,
		p.commands[0].Send("switchhook") + " --app 1400000001 --url http://127.0.0.1:8080/",
	}
	if p.Module != "" && cmp.Or(p.workspace(ctx), "off") != "off" {
		commands = append([]string{"go work use " + dir}, commands...)
	}
	return commands
}
