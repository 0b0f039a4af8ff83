package source_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/source"
)

// TestMain keeps the go command off the network and off the C compiler.
func TestMain(m *testing.M) {
	if err := errors.Join(os.Setenv("GOPROXY", "off"), os.Setenv("CGO_ENABLED", "0"), os.Setenv("GOWORK", "off")); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

const (
	mainGo = "package main\n\nimport _ \"embed\"\n\n//go:embed words/hello.txt\nvar words string\n\nfunc main() { print(words) }\n"
	goMod  = "module example.com/x\n\ngo 1.26\n"
)

// project writes a program that prints an embedded file.
func project(t *testing.T) (dir, program string) {
	t.Helper()
	dir, program = t.TempDir(), filepath.Join(t.TempDir(), "x")
	write(t, dir, "go.mod", goMod)
	write(t, dir, "main.go", mainGo)
	write(t, dir, "words/hello.txt", "hello")
	return dir, program
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, dir string, extra ...string) *source.Tree {
	t.Helper()
	tree, err := source.Open(t.Context(), dir, extra...)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// build builds, which has to succeed, and returns what the program prints.
func build(t *testing.T, tree *source.Tree, program string, changed bool) string {
	t.Helper()
	got, err := tree.Build(t.Context(), program)
	if err != nil || got != changed {
		t.Fatalf("changed = %v, %v, want %v", got, err, changed)
	}
	out, err := exec.CommandContext(t.Context(), program).CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestEveryKindOfFileThatCountsIsNoticed(t *testing.T) {
	t.Parallel()
	dir, program := project(t)
	settings := filepath.Join(t.TempDir(), "switchhook.yaml")
	tree := open(t, dir, settings)
	if out := build(t, tree, program, true); out != "hello" {
		t.Errorf("it prints %q", out)
	}
	for _, step := range []struct {
		what    string
		change  func()
		want    []string
		prints  string
		changed bool
	}{
		{"an embedded file", func() { write(t, dir, "words/hello.txt", "goodbye") }, []string{"words/hello.txt"}, "goodbye", true},
		{"a file next to it", func() { write(t, dir, "words/new.txt", "?") }, []string{"words/new.txt"}, "goodbye", false},
		{"a new source file", func() { write(t, dir, "more.go", "package main\n") }, []string{"more.go"}, "goodbye", true},
		{"several at once", func() {
			write(t, dir, "main.go", strings.Replace(mainGo, "(words)", "(words, 1)", 1))
			write(t, dir, "go.mod", goMod+"\n// a word\n")
		}, []string{"go.mod", "main.go"}, "goodbye1", true},
		{"one that goes", func() {
			if err := os.Remove(filepath.Join(dir, "more.go")); err != nil {
				t.Fatal(err)
			}
		}, []string{"more.go"}, "goodbye1", true},
		{"one outside", func() { write(t, filepath.Dir(settings), "switchhook.yaml", "x") }, []string{settings}, "goodbye1", false},
	} {
		write(t, dir, "main_test.go", "package main // "+step.what) // these never count
		write(t, dir, ".main.go.swp", step.what)
		write(t, dir, "testdata/x.go", "package x // "+step.what)
		write(t, dir, "sub/x.go", "package x // "+step.what)
		step.change()
		got, err := tree.Changed(t.Context())
		if diff := cmp.Diff(step.want, got); diff != "" || err != nil {
			t.Errorf("%s: changed (-want +got), %v:\n%s", step.what, err, diff)
		}
		if out := build(t, tree, program, step.changed); out != step.prints {
			t.Errorf("%s: it prints %q, want %q", step.what, out, step.prints)
		}
	}
}

func TestAPluginThatDoesNotBuildKeepsItsProgram(t *testing.T) {
	t.Parallel()
	dir, program := project(t)
	tree := open(t, dir)
	build(t, tree, program, true)
	write(t, dir, "main.go", mainGo+"\nfunc f() int { return \"text\" }\n")
	_, err := tree.Build(t.Context(), program)
	if failure, ok := errors.AsType[*source.BuildError](err); !ok || !strings.Contains(failure.Output, "main.go:10") {
		t.Errorf("err = %v", err)
	}
	if out, err := exec.CommandContext(t.Context(), program).CombinedOutput(); err != nil || string(out) != "hello" {
		t.Errorf("the old program is gone: %q, %v", out, err)
	}
	entries, err := os.ReadDir(filepath.Dir(program))
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	write(t, dir, "main.go", mainGo)
	if _, err := tree.Changed(t.Context()); err != nil {
		t.Error(err)
	}
	if out := build(t, tree, program, false); out != "hello" {
		t.Errorf("it prints %q", out)
	}
}

func TestWaitingEndsWithItsContext(t *testing.T) {
	t.Parallel()
	dir, _ := project(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	tree := open(t, dir)
	if _, err := tree.Changed(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
	if _, err := tree.Build(ctx, filepath.Join(t.TempDir(), "x")); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
}

func TestWhatIsNoProgramIsRefused(t *testing.T) {
	t.Parallel()
	empty, library := t.TempDir(), t.TempDir()
	write(t, library, "go.mod", goMod)
	write(t, library, "x.go", "package x\n")
	for dir, want := range map[string]string{
		filepath.Join(empty, "missing"): "look at the plugin's source: ",
		empty:                           "is not a directory with Go files",
		library:                         "holds package x, not a program",
	} {
		if _, err := source.Open(t.Context(), dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("err = %v, want %s", err, want)
		}
	}
}
