package app_test

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the golden parts of the scripts")

// The scripts are an operator's sessions with the real program.
func TestScripts(t *testing.T) {
	t.Parallel()
	dir := bin(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", dir+string(os.PathListSeparator)+env.Getenv("PATH"))
			env.Vars = append(env.Vars, promptExit)
			env.Setenv("BLACKLIST", filepath.Join(dir, "plugins", "blacklist"))
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){"await": await, "says": says, "exits": exits, "capture": capture},
	})
}

// await is `await PROGRAM [ARG]...`: it runs the program until it succeeds.
func await(ts *testscript.TestScript, _ bool, args []string) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	end := time.After(patience)
	for ts.Exec(args[0], args[1:]...) != nil {
		select {
		case <-tick.C:
		case <-end:
			ts.Fatalf("never: %v", args)
		}
	}
}

// says is `says REGEXP PROGRAM [ARG]...`: it runs the program until it succeeds and its
// output matches.
func says(ts *testscript.TestScript, _ bool, args []string) {
	want := regexp.MustCompile("(?m)" + args[0])
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	end := time.After(patience)
	for ts.Exec(args[1], args[2:]...) != nil || !want.MatchString(ts.ReadFile("stdout")) {
		select {
		case <-tick.C:
		case <-end:
			ts.Fatalf("never: %v", args)
		}
	}
}

// capture is `capture NAME REGEXP`: the variable becomes what the first group matches in
// the output of the program before.
func capture(ts *testscript.TestScript, _ bool, args []string) {
	found := regexp.MustCompile(args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if len(found) < 2 {
		ts.Fatalf("no %s in the output", args[1])
	}
	ts.Setenv(args[0], found[1])
}

// exits is `exits CODE PROGRAM [ARG]...`: it runs the program, and its exit code
// has to be that one.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}
