package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
)

const allowedFile = "allowed.md"

// tableHead is the line above the rows.
const tableHead = "|---|---|---|"

var allowedRow = regexp.MustCompile("^\\| `([^`]+)` \\| `([^`]+)` \\|(.*)\\|$")

// readAllowed returns the reasons of the breaking changes that are meant.
func readAllowed(file string) (map[breakage]string, error) {
	text, err := os.ReadFile(file) //nolint:gosec // one of ours
	if err != nil {
		return nil, fmt.Errorf("read the reasons: %w", err)
	}
	_, rows, found := strings.Cut(string(text), tableHead+"\n")
	if !found {
		return nil, fmt.Errorf("%s has no table: it begins after %s", file, tableHead)
	}
	reasons := map[breakage]string{}
	var problems []error
	for line := range strings.Lines(rows) {
		line = strings.TrimSpace(line)
		m := allowedRow.FindStringSubmatch(line)
		switch {
		case line == "":
		case m == nil:
			problems = append(problems, fmt.Errorf("%s: not a row of package, message and reason: %s", allowedFile, line))
		case len(strings.Fields(m[3])) < 3: //nolint:mnd // fewer words are no reason
			problems = append(problems, fmt.Errorf("%s: no reason is given: %s", allowedFile, line))
		default:
			reasons[breakage{m[1], m[2]}] = strings.TrimSpace(m[3])
		}
	}
	return reasons, errors.Join(problems...)
}

// clearAllowed takes all rows away: what they excused is accepted.
func clearAllowed(file string) error {
	text, err := os.ReadFile(file) //nolint:gosec // one of ours
	if err != nil {
		return fmt.Errorf("read the reasons: %w", err)
	}
	head, _, _ := strings.Cut(string(text), tableHead)
	if err := os.WriteFile(file, []byte(head+tableHead+"\n"), 0o600); err != nil { //nolint:gosec // one of ours
		return fmt.Errorf("clear the reasons: %w", err)
	}
	return nil
}
