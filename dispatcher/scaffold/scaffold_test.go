package scaffold_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/scaffold"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// repository is the root of this one.
const repository = "../.."

// TestMain keeps the go command off the network: the module cache that built this
// test holds all that a plugin needs.
func TestMain(m *testing.M) {
	if err := errors.Join(os.Setenv("GOPROXY", "off"), os.Setenv("CGO_ENABLED", "0")); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// write writes a plugin outside of any repository and returns what was made.
func write(t *testing.T, o scaffold.Options) scaffold.Result {
	t.Helper()
	if o.Dir == "" {
		o.Dir = filepath.Join(t.TempDir(), o.Name)
	}
	plan, err := scaffold.NewPlan(o)
	if err != nil {
		t.Fatal(err)
	}
	made, err := plan.Write(t.Context(), t.Output())
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// command runs a program in dir, which has to succeed, and returns what it
// printed.
func command(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

func allCommands() []string {
	var all []string
	for _, c := range imevent.Specs() {
		all = append(all, c.Command)
	}
	return all
}

// One plugin of all commands compiles every handler there is, and its own test
// sends every sample.
func TestAPluginOfEveryCommandPassesItsOwnTest(t *testing.T) {
	t.Parallel()
	all := append(allCommands(), "Brand.CallbackNew", "Brand.CallbackBeforeNew", "BrandCallback.New")
	made := write(t, scaffold.Options{Name: "all", Commands: all, SDK: repository})
	if out := command(t, made.Dir, "make", "test"); !strings.Contains(out, "ok  \texample.com/all") {
		t.Error(out)
	}
}

// What a plugin imports depends on its commands.
func TestAPluginOfOneCommandVets(t *testing.T) {
	t.Parallel()
	commands := []string{"Live.CallbackBeforeCallBackNotBlock", "Brand.CallbackNew", "Brand.CallbackBeforeNew", "State.StateChange"}
	for _, c := range allCommands() {
		if strings.HasPrefix(c, "Sns.") {
			commands = append(commands, c)
		}
	}
	for _, c := range commands {
		t.Run(c, func(t *testing.T) {
			t.Parallel()
			made := write(t, scaffold.Options{Name: "one", Commands: []string{c}, SDK: repository})
			command(t, made.Dir, "go", "vet", "./...")
			if diff := command(t, made.Dir, "gofmt", "-d", "."); diff != "" {
				t.Error(diff)
			}
			text, err := os.ReadFile(filepath.Join(made.Dir, "main.go"))
			if n := bytes.Count(text, []byte("\n")); err != nil || n > 30 {
				t.Errorf("main.go has %d lines (%v)", n, err)
			}
		})
	}
}

func TestResultNamesWhatWasWritten(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a b")
	made := write(t, scaffold.Options{Name: "friends", Commands: []string{"Sns.CallbackFriendAdd"}, Dir: dir, SDK: repository})
	root, err := filepath.Abs(repository)
	if err != nil {
		t.Fatal(err)
	}
	want := scaffold.Result{Name: "friends", Dir: dir, Module: "example.com/friends", SDK: root, Next: []string{
		"make -C '" + dir + "' test", "switchhook dev '" + dir + "'",
		"switchhook send Sns.CallbackFriendAdd --app 1400000001 --url http://127.0.0.1:8080/",
	}}
	for _, name := range []string{".gitignore", "Makefile", "README.md", "go.mod", "go.sum", "handlers.go", "handlers_test.go", "main.go"} {
		want.Files = append(want.Files, filepath.Join(dir, name))
	}
	if diff := cmp.Diff(want, made); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	var there []string
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		there = append(there, filepath.Join(dir, e.Name()))
	}
	if diff := cmp.Diff(made.Files, there); diff != "" || err != nil {
		t.Errorf("files (-said +there), %v:\n%s", err, diff)
	}
}

// Inside the repository the plugin is part of its module. An overlay shows it to
// the go command without a change of the tree.
func TestAPluginInsideTheRepositoryPassesItsOwnTest(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "go.mod"), []byte("module "+scaffold.ModulePath+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	made := write(t, scaffold.Options{
		Name: "scaffolded", Commands: []string{"Sns.CallbackFriendAdd", "Sns.CallbackPrevFriendAdd"},
		Dir: filepath.Join(root, "plugins", "scaffolded"),
	})
	if made.Module != "" || made.SDK != "" || slices.Contains(made.Files, filepath.Join(made.Dir, "go.mod")) {
		t.Errorf("it has a module of its own: %+v", made)
	}
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for _, path := range made.Files {
		at, err := filepath.Abs(filepath.Join(repository, "plugins", "scaffolded", filepath.Base(path)))
		if err != nil {
			t.Fatal(err)
		}
		overlay.Replace[at] = path
	}
	text, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(root, "overlay.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	test := filepath.Join(root, "scaffolded.test")
	command(t, repository, "go", "test", "-c", "-vet=off", "-o", test, "-overlay", file, "./plugins/scaffolded")
	command(t, root, test)
}

// A plugin may have a name that a module may not.
func TestEveryNameMakesAModule(t *testing.T) {
	t.Parallel()
	for name, module := range map[string]string{
		"a-b_c.d": "example.com/a-b_c.d", "9": "example.com/9", "x..": "example.com/plugin-x", "Aux": "example.com/plugin-Aux",
	} {
		made := write(t, scaffold.Options{
			Name: name, Commands: []string{"State.StateChange"}, SDK: repository, Dir: filepath.Join(t.TempDir(), "p"),
		})
		if made.Module != module {
			t.Errorf("plugin %s is module %s, want %s", name, made.Module, module)
		}
	}
}

func TestARelativeCheckoutStaysRelative(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp(".", "tmp") //nolint:usetesting // below the working directory
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/around\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	made := write(t, scaffold.Options{Name: "x", Commands: []string{"State.StateChange"}, Dir: filepath.Join(dir, "x"), SDK: repository})
	text, err := os.ReadFile(filepath.Join(made.Dir, "go.mod"))
	if err != nil || !bytes.Contains(text, []byte("replace "+scaffold.ModulePath+" => ../../../..\n")) {
		t.Errorf("go.mod (%v):\n%s", err, text)
	}
}

// There is no such version where there is no network.
func TestAFailureLeavesNothingAndSaysWhatToTry(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "friends")
	plan, err := scaffold.NewPlan(scaffold.Options{
		Name: "friends", Commands: []string{"Sns.CallbackFriendAdd"}, Dir: dir, SDK: "v0.9.9",
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = plan.Write(t.Context(), io.Discard)
	want := scaffold.ModulePath + " v0.9.9 could not be had: is there such a version, a network, and is GOPROXY right"
	if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "go mod tidy: ") {
		t.Errorf("err = %v", err)
	}
	if _, err := os.Stat(filepath.Dir(dir)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what was written stays: %v", err)
	}
}

func TestTheSDKIsFoundWithoutAWord(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs(repository)
	if err != nil {
		t.Fatal(err)
	}
	for running, want := range map[string]string{
		"v1.2.3": "v1.2.3", "v1.2.3-rc.1": "v1.2.3-rc.1",
		"": root, "devel": root, "v1.2.3-4-gabcdef0": root, "v1.2.3-dirty": root, "v0.0.0-20260101000000-abcdef012345": root,
	} {
		plan, err := scaffold.NewPlan(scaffold.Options{
			Name: "x", Commands: []string{"State.StateChange"}, Dir: filepath.Join(t.TempDir(), "x"), Release: running,
		})
		if err != nil || plan.SDK.String() != want {
			t.Errorf("%q gets %v (%v), want %s", running, plan, err, want)
		}
	}
}

func TestMistakesAreNamedBeforeAnythingIsWritten(t *testing.T) {
	t.Parallel()
	full, other := t.TempDir(), t.TempDir()
	inside := filepath.Join(t.TempDir(), "repository")
	for path, text := range map[string]string{
		filepath.Join(full, "notes"):    "mine",
		filepath.Join(other, "go.mod"):  "module example.com/other\n",
		filepath.Join(inside, "go.mod"): "// the module\nmodule " + scaffold.ModulePath + "\n",
	} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	good := scaffold.Options{Name: "friends", Commands: []string{"Sns.CallbackFriendAdd"}, Dir: filepath.Join(t.TempDir(), "friends"), SDK: repository}
	tests := map[string]struct {
		change func(o *scaffold.Options)
		want   string
	}{
		"no name":                      {func(o *scaffold.Options) { o.Name = "" }, `plugin name "": use letters`},
		"a path for a name":            {func(o *scaffold.Options) { o.Name = "a/b" }, `plugin name "a/b": use letters`},
		"a hidden name":                {func(o *scaffold.Options) { o.Name = ".a" }, `plugin name ".a": use letters`},
		"a long name":                  {func(o *scaffold.Options) { o.Name = strings.Repeat("a", 65) }, "at most 64"},
		"no command":                   {func(o *scaffold.Options) { o.Commands = nil }, "give --command Sns.CallbackFriendAdd"},
		"a pattern":                    {func(o *scaffold.Options) { o.Commands = []string{"Sns.*"} }, `"Sns.*" is not the name of one command`},
		"a quote in a command":         {func(o *scaffold.Options) { o.Commands = []string{`A"b`} }, "is not the name of one command"},
		"a command twice":              {func(o *scaffold.Options) { o.Commands = append(o.Commands, o.Commands[0]) }, "Sns.CallbackFriendAdd is given twice"},
		"a directory in use":           {func(o *scaffold.Options) { o.Dir = full }, "is not empty"},
		"a file":                       {func(o *scaffold.Options) { o.Dir = filepath.Join(full, "notes") }, "is no directory"},
		"a directory below a file":     {func(o *scaffold.Options) { o.Dir = filepath.Join(full, "notes", "x") }, "look at the directory"},
		"another module for the SDK":   {func(o *scaffold.Options) { o.SDK = other }, "that is module example.com/other; give the folder of a checkout of " + scaffold.ModulePath},
		"nothing where the SDK is":     {func(o *scaffold.Options) { o.SDK = full }, "there is no go.mod; give the folder of a checkout of " + scaffold.ModulePath + ", or a version such as v0.1.0"},
		"a folder of the SDK":          {func(o *scaffold.Options) { o.SDK = filepath.Join(repository, "sdk") }, "there is no go.mod"},
		"an SDK inside the repository": {func(o *scaffold.Options) { o.Dir = filepath.Join(inside, "plugins", "friends") }, "leave out --sdk"},
		"elsewhere in the repository":  {func(o *scaffold.Options) { o.Dir, o.SDK = filepath.Join(inside, "friends"), "" }, "leave out --dir"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := good
			o.Commands = slices.Clone(good.Commands)
			test.change(&o)
			if _, err := scaffold.NewPlan(o); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("err = %v, want …%s…", err, test.want)
			}
		})
	}
	if _, err := scaffold.NewPlan(good); err != nil {
		t.Error(err)
	}
}

// OldestGo is written down for plugins that take a published version.
func TestAPublishedSDKGetsItsVersionOfGo(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(repository, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("\ngo %s\n", scaffold.OldestGo); !strings.Contains(string(text), want) {
		t.Errorf("go.mod does not say%s", want)
	}
}
