package main

import (
	"errors"
	"fmt"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/exp/apidiff" //nolint:depguard // the comparison is this tool's purpose, and nothing of it is shipped
)

// breakage is a change that breaks a plugin.
type breakage struct{ pkg, message string }

// row is how allowed.md names it; the reason is still to be written.
func (b breakage) row() string { return fmt.Sprintf("| `%s` | `%s` | WHY |", b.pkg, b.message) }

// check compares the code below root with the listings below here, of which none
// may be missing.
func check(root, here string, out io.Writer) error {
	for _, p := range promised() {
		if _, err := os.Stat(listingFile(here, p.pkg)); err != nil {
			return fmt.Errorf("%s was never accepted: run make api-accept: %w", p.pkg, err)
		}
	}
	return checkListed(root, here, out)
}

// checkListed compares the code with the listings that there are.
func checkListed(root, here string, out io.Writer) error {
	now, err := load(root, here)
	if err != nil {
		return err
	}
	broken, err := compare(now, here)
	if err != nil {
		return err
	}
	reasons, err := readAllowed(filepath.Join(here, allowedFile))
	if err != nil {
		return err
	}
	var problems []error
	for _, b := range broken {
		if _, ok := reasons[b]; !ok {
			problems = append(problems, fmt.Errorf("%s: %s", b.pkg, b.message))
		}
	}
	if len(problems) > 0 {
		problems = append(problems, errors.New(advice(broken, reasons)))
	}
	for b := range reasons {
		if !slices.Contains(broken, b) {
			problems = append(problems, fmt.Errorf("%s has a row that nothing needs, so take it away: %s: %s", allowedFile, b.pkg, b.message))
		}
	}
	if len(problems) == 0 {
		_, err = fmt.Fprintf(out, "%d packages keep what was accepted, but for %d changes with a reason\n", len(now.current), len(broken))
	}
	return errors.Join(append(problems, err)...)
}

// advice says what to do about the breakages that have no reason yet.
func advice(broken []breakage, reasons map[breakage]string) string {
	var text strings.Builder
	text.WriteString("this breaks plugins that compile today: keep the old name beside the new one. If it has to be, say so in\n" +
		"CHANGELOG.md under Breaking, and give the reason in .ci/api/" + allowedFile + ":\n")
	for _, b := range broken {
		if _, ok := reasons[b]; !ok {
			text.WriteString(b.row() + "\n")
		}
	}
	return text.String()
}

// compare returns what breaks plugins that were written against the listings.
func compare(now *loaded, here string) ([]breakage, error) {
	before := &history{loaded: now, packages: map[string]*types.Package{}}
	var broken []breakage
	for _, p := range promised() {
		pkg := p.pkg
		old, problems, err := before.read(pkg, listingFile(here, pkg))
		if errors.Is(err, os.ErrNotExist) {
			continue // a package that is newly promised
		}
		if err != nil {
			return nil, err
		}
		for _, gone := range problems {
			broken = append(broken, breakage{pkg, "what it was made of is gone: " + gone})
		}
		for _, c := range apidiff.Changes(old, now.current[pkg]).Changes {
			if !c.Compatible {
				broken = append(broken, breakage{pkg, strings.ReplaceAll(c.Message, now.module+"/", "")})
			}
		}
	}
	return broken, nil
}

// accept writes the listings, and an empty allowed.md.
func accept(root, here string, breaking bool, out io.Writer) error {
	if !breaking {
		if err := checkListed(root, here, io.Discard); err != nil {
			return fmt.Errorf("%w\nor, to accept it without a reason: make api-accept BREAKING=yes", err)
		}
	}
	now, err := load(root, "")
	if err != nil {
		return err
	}
	listings := make([][]byte, len(promised()))
	for i, p := range promised() {
		if listings[i], err = list(p, now); err != nil {
			return err // before anything is written
		}
	}
	for i, p := range promised() {
		file := listingFile(here, p.pkg)
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			return fmt.Errorf("make the folder of listings: %w", err)
		}
		if err := os.WriteFile(file, listings[i], 0o600); err != nil {
			return fmt.Errorf("write the listing of %s: %w", p.pkg, err)
		}
	}
	if err := clearAllowed(filepath.Join(here, allowedFile)); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, "recorded in .ci/api/accepted: commit it, and say in CHANGELOG.md what is new")
	return err //nolint:wrapcheck // a terminal that is gone
}

func listingFile(here, pkg string) string {
	return filepath.Join(here, "accepted", strings.ReplaceAll(pkg, "/", "-")+".txt")
}
