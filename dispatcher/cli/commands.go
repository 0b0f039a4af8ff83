package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/switchhook/switchhook/sdk/imevent"
)

// unknownCallback says which of Tencent's commands may have been meant.
func unknownCallback(name string) error {
	near := nearCommands(name)
	if len(near) == 0 {
		return fmt.Errorf("no sample for %q: give --body, or see switchhook send --list", name)
	}
	return fmt.Errorf("no sample for %q; did you mean %s?", name, strings.Join(near, " or "))
}

// typos is how many letters may be wrong in a name that is guessed at.
const typos = 3

// nearCommands returns those of Tencent's commands that name is a part or a
// misspelling of, at most three: parts first, then the nearest spelling.
func nearCommands(name string) []string {
	const most = 3
	var parts []string
	typed := make([][]string, typos+1) // by distance
	lower := strings.ToLower(name)
	for _, spec := range imevent.Specs() {
		candidate := strings.ToLower(spec.Command)
		if lower != "" && strings.Contains(candidate, lower) {
			parts = append(parts, spec.Command)
			continue
		}
		if wrong := misspelt(lower, candidate); wrong <= typos {
			typed[wrong] = append(typed[wrong], spec.Command)
		}
	}
	near := slices.Concat(append([][]string{parts}, typed...)...)
	return near[:min(len(near), most)]
}

// misspelt counts the typos in name, with which the family and Callback may have
// been left out: BlackListAd is near Sns.CallbackBlackListAdd.
func misspelt(name, command string) int {
	_, word, _ := strings.Cut(command, ".")
	least := min(distance(name, command), distance(name, word))
	if short, ok := strings.CutPrefix(word, "callback"); ok && len(name) > 3 {
		least = min(least, distance(name, short))
	}
	return least
}

// distance is Levenshtein's: the least number of letters to insert, delete or
// replace. Where that is surely more than typos it is not counted: a name can be
// as long as the command line.
func distance(a, b string) int {
	if apart := len(a) - len(b); apart > typos || apart < -typos {
		return typos + 1
	}
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
