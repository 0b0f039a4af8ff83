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

// check compares the code below root with the listings below here.
func check(root, here string, out io.Writer) error {
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
	for _, pkg := range promised() {
		old, problems, err := before.read(pkg, listingFile(here, pkg))
		if errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("%s was never accepted: run make api-accept", pkg)
		}
		if err != nil {
			return nil, err
		}
		for _, p := range problems {
			broken = append(broken, breakage{pkg, "what it was made of is gone: " + p})
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
	_, err := os.Stat(listingFile(here, promised()[0]))
	if err == nil && !breaking {
		if err := check(root, here, io.Discard); err != nil {
			return fmt.Errorf("%w\nor, to accept it without a reason: make api-accept BREAKING=yes", err)
		}
	}
	now, err := load(root, "")
	if err != nil {
		return err
	}
	for _, pkg := range promised() {
		text, err := list(now.current[pkg])
		if err != nil {
			return err
		}
		file := listingFile(here, pkg)
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			return fmt.Errorf("make the folder of listings: %w", err)
		}
		if err := os.WriteFile(file, text, 0o600); err != nil {
			return fmt.Errorf("write the listing of %s: %w", pkg, err)
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
