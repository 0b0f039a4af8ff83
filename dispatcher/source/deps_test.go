package source_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/source"
)

// changed wants these files to be those that differ, and no others. It saves one
// more that always counts, so that a save which is lost fails and is not waited for.
func changed(t *testing.T, tree *source.Tree, want ...string) {
	t.Helper()
	write(t, tree.Dir(), "noted.go", "package main // after "+want[0]+"\n")
	got, err := tree.Changed(t.Context())
	if diff := cmp.Diff(append(want, "noted.go"), got); diff != "" || err != nil {
		t.Fatalf("changed (-want +got), %v:\n%s", err, diff)
	}
}

// saying is a package that says a word.
func saying(name, word string) string {
	return fmt.Sprintf("package %s\n\nconst Word = %q\n", name, word)
}

// printing is a program that imports packages and prints their words.
func printing(packages ...string) string {
	var imports, words strings.Builder
	for _, path := range packages {
		fmt.Fprintf(&imports, "import %q\n", path)
		fmt.Fprintf(&words, " + %s.Word", filepath.Base(path))
	}
	return "package main\n\n" + imports.String() + "\nfunc main() { print(\"\"" + words.String() + ") }\n"
}

// A program is made of more than its directory: packages beside it in its module,
// and checkouts that take the place of published modules. Every step is noticed by
// what it saves, which was found at the build before.
func TestAPackageOutsideOfTheProgramsDirectoryCounts(t *testing.T) {
	t.Parallel()
	root, program := t.TempDir(), filepath.Join(t.TempDir(), "p")
	root, err := filepath.EvalSymlinks(root)
	if err != nil {
		t.Fatal(err)
	}
	beside := filepath.Join(root, "checkout", "z")
	write(t, root, "checkout/go.mod", "module example.com/checkout\n\ngo 1.26\n")
	write(t, root, "checkout/z/z.go", saying("z", "z"))
	write(t, root, "m/go.mod", "module example.com/m\n\ngo 1.26\n\nrequire example.com/checkout v0.0.0\n\nreplace example.com/checkout => ../checkout\n")
	write(t, root, "m/internal/y/y.go", saying("y", "y"))
	write(t, root, "m/elsewhere/x.go", saying("elsewhere", "x"))
	write(t, root, "m/cmd/p/main.go", printing("example.com/m/internal/y"))
	tree := open(t, filepath.Join(root, "m", "cmd", "p"))
	if out := build(t, tree, program, true); out != "y" {
		t.Errorf("it prints %q", out)
	}

	write(t, root, "m/elsewhere/x.go", saying("elsewhere", "another x")) // nobody imports it
	write(t, root, "m/internal/y/y_test.go", "package y\n")
	write(t, root, "m/internal/y/y.go", saying("y", "Y"))
	changed(t, tree, filepath.Join(root, "m/internal/y/y.go"))
	if out := build(t, tree, program, true); out != "Y" {
		t.Errorf("it prints %q", out)
	}

	write(t, root, "m/cmd/p/main.go", printing("example.com/m/internal/y", "example.com/checkout/z"))
	changed(t, tree, "main.go")
	if out := build(t, tree, program, true); out != "Yz" {
		t.Errorf("it prints %q", out)
	}

	write(t, root, "checkout/go.mod", "module example.com/checkout\n\ngo 1.25\n")
	write(t, root, "checkout/z/z.go", saying("z", "ZZ"))
	changed(t, tree, filepath.Join(root, "checkout/go.mod"), filepath.Join(beside, "z.go"))
	if out := build(t, tree, program, true); out != "YZZ" {
		t.Errorf("it prints %q", out)
	}

	write(t, root, "m/cmd/p/main.go", printing("example.com/checkout/z"))
	changed(t, tree, "main.go")
	if out := build(t, tree, program, true); out != "ZZ" {
		t.Errorf("it prints %q", out)
	}
	write(t, root, "m/internal/y/y.go", saying("y", "not imported any more"))
	write(t, root, "checkout/z/z.go", saying("z", "z"))
	changed(t, tree, filepath.Join(beside, "z.go"))
}

// An author often imports a package first and writes it then.
func TestAPackageThatIsNotYetWrittenIsWaitedFor(t *testing.T) {
	t.Parallel()
	root, program := t.TempDir(), filepath.Join(t.TempDir(), "p")
	root, err := filepath.EvalSymlinks(root)
	if err != nil {
		t.Fatal(err)
	}
	write(t, root, "go.mod", goMod)
	write(t, root, "cmd/p/main.go", printing("example.com/x/internal/y"))
	tree := open(t, filepath.Join(root, "cmd", "p"))
	if _, err := tree.Build(t.Context(), program); err == nil {
		t.Error("it builds without a package that it imports")
	}
	write(t, root, "internal/y/y.go", saying("y", "here"))
	changed(t, tree, filepath.Join(root, "internal/y/y.go"))
	if out := build(t, tree, program, true); out != "here" {
		t.Errorf("it prints %q", out)
	}
}

// What is saved while the go command is at work may or may not be in the program:
// it counts as changed. The go command of this test saves as soon as it has read.
func TestASaveDuringABuildIsNoticed(t *testing.T) {
	goCommand, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []string{"list", "build"} {
		t.Run(step, func(t *testing.T) {
			dir, program := project(t)
			tree := open(t, dir)
			tools, saved := t.TempDir(), t.TempDir()
			write(t, saved, "main.go", printing()+"// saved meanwhile\n")
			write(t, saved, "more.go", "package main // new\n")
			script := fmt.Sprintf("#!/bin/sh\n%q \"$@\" || exit\n[ \"$1\" != %s ] || cp %q/*.go %q\n", goCommand, step, saved, dir)
			write(t, tools, "go", script)
			if err := os.Chmod(filepath.Join(tools, "go"), 0o700); err != nil {
				t.Fatal(err)
			}
			t.Setenv("PATH", tools+string(os.PathListSeparator)+os.Getenv("PATH"))
			if _, err := tree.Build(t.Context(), program); err != nil {
				t.Fatal(err)
			}
			changed(t, tree, "main.go", "more.go")
		})
	}
}
