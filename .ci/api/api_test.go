package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const before = `package sdk

// Greeter greets.
type Greeter struct {
	Name   string
	secret chan int
}

// Greet greets.
func (g *Greeter) Greet(loudly bool) string { return g.Name }

// Most is a limit.
const Most = 3
`

// A module with the promised packages, each change to the first of which is
// planted as an author of the SDK would make it.
func TestBreakingChangesAreReported(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ old, new, want string }{
		"a name that is gone":              {"const Most = 3", "const Least = 3", "sdk: Most: removed"},
		"a constant of another value":      {"Most = 3", "Most = 4", "sdk: Most: value changed from 3 to 4"},
		"a field that is gone":             {"Name ", "Title ", "sdk: Greeter.Name: removed"},
		"a field of another type":          {"Name   string", "Name []byte", "sdk: Greeter.Name: changed from string to []byte"},
		"a method with another parameter":  {"loudly bool", "loudly int", "sdk: (*Greeter).Greet: changed from func(bool) string to func(int) string"},
		"a method that is gone":            {"Greet(", "greet(", "sdk: (*Greeter).Greet: removed"},
		"a struct that cannot be compared": {"secret chan int", "secret []int", "sdk: Greeter: old is comparable, new is not"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScratch(t)
			s.write("sdk/sdk.go", strings.NewReplacer(test.old, test.new, "g.Name", `""`).Replace(before))
			if err := s.run("check"); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("err = %v, want %s", err, test.want)
			}
		})
	}
}

func TestWhatIsNewBreaksNothing(t *testing.T) {
	t.Parallel()
	s := newScratch(t)
	s.write("sdk/sdk.go", strings.Replace(before, "secret chan int", "secret int; Title string", 1)+"\n// More is new.\nfunc More() {}\n")
	if err := s.run("check"); err != nil {
		t.Error(err)
	}
}

func TestReasonsAreWantedAndNoOthers(t *testing.T) {
	t.Parallel()
	s := newScratch(t)
	s.write("sdk/sdk.go", strings.Replace(before, "Most = 3", "Most = 4", 1))
	const row = "| `sdk` | `Most: value changed from 3 to 4` |"
	for _, step := range []struct{ rows, want string }{
		{"", "Most: value changed from 3 to 4"},
		{row + " |\n", "no reason is given"},
		{row + " three was one too few |\n", ""},
		{row + " three was one too few |\n| `sdk` | `Least: removed` | nobody used it |\n", "a row that nothing needs"},
		{"some words\n", "not a row of package, message and reason"},
	} {
		s.write(".ci/api/allowed.md", "# Allowed\n\n"+tableHead+"\n"+step.rows)
		err := s.run("check")
		if said := text(err); (step.want == "") != (err == nil) || !strings.Contains(said, step.want) {
			t.Errorf("with %q: err = %v, want %q", step.rows, err, step.want)
		}
	}
}

func TestAcceptingRecordsAndEmptiesTheReasons(t *testing.T) {
	t.Parallel()
	s := newScratch(t)
	s.write("sdk/sdk.go", strings.Replace(before, "Most = 3", "Most = 4", 1))
	if err := s.run("accept"); err == nil || !strings.Contains(err.Error(), "BREAKING=yes") {
		t.Errorf("a change without a reason: %v", err)
	}
	s.write(".ci/api/allowed.md", tableHead+"\n| `sdk` | `Most: value changed from 3 to 4` | three was one too few |\n")
	for _, args := range [][]string{{"accept"}, {"check"}} {
		if err := s.run(args...); err != nil {
			t.Errorf("%q: %v", args, err)
		}
	}
	s.write("sdk/sdk.go", before)
	if err := s.run("accept", "-breaking"); err != nil {
		t.Error(err)
	}
}

func TestWhatWasNeverAcceptedIsSaid(t *testing.T) {
	t.Parallel()
	s := newScratch(t)
	if err := os.Remove(filepath.Join(s.dir, ".ci/api/accepted/sdk-serve.txt")); err != nil {
		t.Fatal(err)
	}
	if err := s.run("check"); err == nil || !strings.Contains(err.Error(), "sdk/serve was never accepted") {
		t.Errorf("err = %v", err)
	}
}

// Of a package with names that are promised, the others may change.
func TestOfTheWireOnlyWhatIsHandedOutIsHeld(t *testing.T) {
	t.Parallel()
	s := newScratch(t)
	const types = "// Instances is promised.\ntype Instances struct{ A string }\n\n// State is promised.\ntype State struct{ A string }\n\n" +
		"// Server is a name.\ntype Server struct{}\n"
	for field, want := range map[string]string{"A": "", "B": "sdk/wire: Description.A: removed"} {
		s.write("sdk/wire/x.go", "package wire\n\n"+types+"\n// Description is promised.\ntype Description struct{ "+field+" string }\n")
		if err := s.run("check"); (want == "") != (err == nil) || !strings.Contains(text(err), want) {
			t.Errorf("with the field %s: err = %v, want %q", field, err, want)
		}
	}
}

// Otherwise a change of it would break plugins unseen.
func TestNothingIsHandedOutThatIsNotPromised(t *testing.T) {
	t.Parallel()
	s := newScratch(t)
	s.write("sdk/inner/x.go", "package inner\n\n// Part is nobody's promise.\ntype Part struct{}\n")
	for name, decl := range map[string]string{
		"a result":        "func Parts() []inner.Part { return nil }",
		"a field":         "type Whole struct{ Part *inner.Part }",
		"an alias":        "type Part = inner.Part",
		"an embedded one": "type Whole struct{ inner.Part }",
	} {
		s.write("sdk/sdk.go", "package sdk\n\nimport \"example.com/hook/sdk/inner\"\n\n// Greeter greets.\ntype Greeter struct{}\n\n"+decl+"\n")
		if err := s.run("accept", "-breaking"); !strings.Contains(text(err), "it hands out example.com/hook/sdk/inner.Part, which is not promised") {
			t.Errorf("%s: err = %v", name, err)
		}
	}
}

// What people are told is stable is what is compared.
func TestStabilityNamesWhatIsCompared(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/stability.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile(`(?m)^\| SDK: ([^|]*) \|`).FindSubmatch(page)
	if row == nil {
		t.Fatal("docs/stability.md has no row that begins with SDK:")
	}
	var compared []string
	for _, p := range promised() {
		text := "`" + p.pkg + "`"
		if len(p.only) > 0 {
			text += " (`" + strings.Join(p.only, "`, `") + "`; `" + strings.Join(p.opaque, "`, `") + "` by name)"
		}
		compared = append(compared, text)
	}
	if want := strings.Join(compared, ", "); string(row[1]) != want {
		t.Errorf("docs/stability.md promises\n%s\nand api-check compares\n%s", row[1], want)
	}
	listings, err := filepath.Glob("accepted/*")
	if err != nil || len(listings) != len(compared) {
		t.Errorf("%d packages are compared, with the listings %q (%v)", len(compared), listings, err)
	}
}

// scratch is a module of its own, accepted as it is at first.
type scratch struct {
	t   *testing.T
	dir string
}

func newScratch(t *testing.T) scratch {
	t.Helper()
	s := scratch{t, t.TempDir()}
	s.write("go.mod", "module example.com/hook\n\ngo 1.26\n")
	s.write("sdk/sdk.go", before)
	for _, p := range promised()[1:] {
		var text strings.Builder
		text.WriteString("package " + filepath.Base(p.pkg) + "\n\nimport \"example.com/hook/sdk\"\n\n// Greeter is another name.\ntype Greeter = sdk.Greeter\n")
		for _, name := range slices.Concat(p.only, p.opaque) {
			text.WriteString("\n// " + name + " is promised.\ntype " + name + " struct{ A string }\n")
		}
		s.write(p.pkg+"/x.go", text.String())
	}
	s.write(".ci/api/allowed.md", tableHead+"\n")
	if err := s.run("accept"); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s scratch) write(name, content string) {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s scratch) run(args ...string) error {
	return run(filepath.Join(s.dir, ".ci", "api"), args, io.Discard)
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
