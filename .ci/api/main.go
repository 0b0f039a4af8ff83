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
	"slices"
)

// promise is a package that docs/stability.md calls stable, relative to the module:
// all that it exports, or a few names of it.
type promise struct {
	pkg    string
	only   []string
	opaque []string // more names, without what they are made of and their methods
}

// promised are the promises, each after those of the packages that it imports. What
// one of them hands out of another package of ours is promised there.
func promised() []promise {
	return []promise{
		{pkg: "sdk"},
		{pkg: "sdk/imevent/samples"},
		{pkg: "sdk/imevent"},
		{pkg: "sdk/wire", only: []string{"Description", "Instances", "State"}, opaque: []string{"Server"}},
		{pkg: "sdk/serve"},
		{pkg: "sdk/sdkmetrics"},
		{pkg: "sdk/sdktrace"},
		{pkg: "sdk/sdktest"},
		{pkg: "sdk/conformance"},
	}
}

// keeps reports whether the promise is about that name of the package.
func (p promise) keeps(name string) bool {
	return len(p.only) == 0 || slices.Contains(p.only, name) || slices.Contains(p.opaque, name)
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
