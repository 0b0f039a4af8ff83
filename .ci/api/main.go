// Command api holds the SDK to what plugins outside this repository were written
// against. Each package has a listing in accepted/: the names, types and methods
// that it exported when it was accepted last, as Go that a reviewer can read and
// the type checker too.
//
//	go run -C .ci/api . check     compare the code with the listings
//	go run -C .ci/api . accept    write the listings anew
//
// check fails for a change that breaks a plugin, unless allowed.md gives its
// reason, and for a row of allowed.md that nothing needs. What is new is no
// matter: it is promised once it is accepted, which a release does.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// promised are the packages that docs/stability.md calls stable, relative to the
// module, each after those that it imports.
func promised() []string {
	return []string{"sdk", "sdk/imevent", "sdk/serve", "sdk/sdktest"}
}

func main() {
	here, err := os.Getwd()
	if err == nil {
		err = run(here, os.Args[1:], os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run does what args say, with the tool's directory in here.
func run(here string, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("api", flag.ContinueOnError)
	breaking := flags.Bool("breaking", false, "accept a breaking change that allowed.md does not have")
	if len(args) == 0 {
		return errors.New("usage: api check | api accept [-breaking]")
	}
	if err := flags.Parse(args[1:]); err != nil {
		return fmt.Errorf("read the command line: %w", err)
	}
	root := filepath.Join(here, "..", "..")
	switch args[0] {
	case "check":
		return check(root, here, out)
	case "accept":
		return accept(root, here, *breaking, out)
	default:
		return fmt.Errorf("usage: api check | api accept [-breaking], not %q", args[0])
	}
}
