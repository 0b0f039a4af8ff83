package cli

import (
	"fmt"
	"strings"

	"github.com/switchhook/switchhook/sdk/imevent/samples"
)

// unknownCallback says which of Tencent's commands may have been meant.
func unknownCallback(name string) error {
	near := nearCommands(name)
	if len(near) == 0 {
		return fmt.Errorf("no sample for %q: give --body, or press tab for the commands that have one", name)
	}
	return fmt.Errorf("no sample for %q; did you mean %s?", name, strings.Join(near, " or "))
}

// nearCommands returns the commands that name is a part or a misspelling of,
// at most three.
func nearCommands(name string) []string {
	const most, typos = 3, 3
	var parts, typed []string
	lower := strings.ToLower(name)
	for _, command := range samples.Commands() {
		candidate := strings.ToLower(command)
		switch {
		case lower != "" && strings.Contains(candidate, lower):
			parts = append(parts, command)
		case distance(lower, candidate) <= typos:
			typed = append(typed, command)
		}
	}
	near := append(parts, typed...)
	return near[:min(len(near), most)]
}

// distance is Levenshtein's: the least number of letters to insert, delete or
// replace.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
