package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"slices"
	"strconv"

	"golang.org/x/tools/go/packages"
)

// loaded is the code as it is.
type loaded struct {
	module  string
	current map[string]*types.Package // the promised packages
	others  map[string]*types.Package // what the listings import, by its path
}

// load reads the promised packages below root, and what their listings below here
// import; an empty here leaves those out.
func load(root, here string) (*loaded, error) {
	module, err := moduleOf(root)
	if err != nil {
		return nil, err
	}
	wanted := make([]string, 0, len(promised()))
	for _, p := range promised() {
		wanted = append(wanted, module+"/"+p.pkg)
		if here != "" {
			wanted = append(wanted, importsOf(listingFile(here, p.pkg))...)
		}
	}
	slices.Sort(wanted)
	found, err := packages.Load(&packages.Config{Mode: packages.LoadTypes, Dir: root}, slices.Compact(wanted)...)
	if err != nil {
		return nil, fmt.Errorf("load the packages: %w", err)
	}
	l := &loaded{module: module, current: map[string]*types.Package{}, others: map[string]*types.Package{}}
	for _, p := range found {
		if len(p.Errors) == 0 {
			l.others[p.PkgPath] = p.Types
		}
	}
	for _, p := range promised() {
		compiled := l.others[module+"/"+p.pkg]
		if compiled == nil {
			return nil, fmt.Errorf("%s/%s does not compile: go build ./%s", module, p.pkg, p.pkg)
		}
		l.current[p.pkg] = compiled
	}
	return l, nil
}

func moduleOf(root string) (string, error) {
	found, err := packages.Load(&packages.Config{Mode: packages.NeedModule, Dir: root}, "./...")
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	for _, p := range found {
		if p.Module != nil {
			return p.Module.Path, nil
		}
	}
	return "", fmt.Errorf("no module in %s", root)
}

// importsOf returns what a listing imports; a listing that cannot be read is
// complained about later.
func importsOf(file string) []string {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		return nil
	}
	var paths []string
	for _, spec := range parsed.Imports {
		if path, err := strconv.Unquote(spec.Path.Value); err == nil {
			paths = append(paths, path)
		}
	}
	return paths
}

// history is the code as it was accepted. It imports its own packages as they
// were, and all others as they are.
type history struct {
	*loaded

	packages map[string]*types.Package
}

// Import finds a package for the type checker.
func (h *history) Import(path string) (*types.Package, error) {
	if p, ok := h.packages[path]; ok {
		return p, nil
	}
	if p, ok := h.others[path]; ok {
		return p, nil
	}
	return nil, fmt.Errorf("package %s is gone", path)
}

// read type-checks a listing. problems are what it refers to and does not exist
// any more.
func (h *history) read(pkg, file string) (p *types.Package, problems []string, err error) {
	text, err := os.ReadFile(file) //nolint:gosec // one of ours
	if err != nil {
		return nil, nil, fmt.Errorf("read the listing of %s: %w", pkg, err)
	}
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, nil, fmt.Errorf("read the listing of %s: %w", pkg, err)
	}
	config := types.Config{Importer: h, IgnoreFuncBodies: true, Error: func(err error) {
		if wrong, ok := errors.AsType[types.Error](err); ok && !wrong.Soft {
			problems = append(problems, wrong.Msg)
		}
	}}
	p, _ = config.Check(h.module+"/"+pkg, set, []*ast.File{parsed}, nil) // its errors are the problems
	h.packages[h.module+"/"+pkg] = p
	return p, problems, nil
}
