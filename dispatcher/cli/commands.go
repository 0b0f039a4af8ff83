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
		return fmt.Errorf("no command %q is known; switchhook send --list shows all", name)
	}
	return fmt.Errorf("no command %q is known; did you mean %s?", name, strings.Join(near, " or "))
}

// nearCommands returns those of Tencent's commands that name is a part or a
// misspelling of, at most three: the parts first, then those of the nearest
// spelling.
func nearCommands(name string) []string {
	const most = 3
	var parts, typed []string
	lower, said := strings.ToLower(name), spoken(name)
	least := typos(said)
	for _, spec := range imevent.Specs() {
		if lower != "" && strings.Contains(strings.ToLower(spec.Command), lower) {
			parts = append(parts, spec.Command)
			continue
		}
		wrong := min(misspelt(said, spec.Command, least), distance(lower, strings.ToLower(spec.Command), least))
		if wrong > least {
			continue
		}
		if wrong < least {
			least, typed = wrong, nil
		}
		typed = append(typed, spec.Command)
	}
	near := slices.Concat(parts, typed)
	return near[:min(len(near), most)]
}

// spoken is a name as people say it: Callback, the dot and the case are what they
// leave out, the SDK's names among them, and Message is what they call a Msg.
func spoken(name string) string {
	return strings.NewReplacer(".", "", "callback", "", "message", "msg").Replace(strings.ToLower(name))
}

// typos is how many letters may be wrong in a name that is guessed at: more in a
// longer one, and in a short one so few that it still looks alike.
func typos(said string) int { return min(len(said)/5+1, 5) }

// misspelt counts the typos in what was said, up to limit; the family may have
// been left out: BlackListAd is near Sns.CallbackBlackListAdd.
func misspelt(said, command string, limit int) int {
	_, word, _ := strings.Cut(command, ".")
	return min(distance(said, spoken(command), limit), distance(said, spoken(word), limit))
}

// distance is Levenshtein's: the least number of letters to insert, delete or
// replace. Where that is surely more than limit it is not counted: a name can be
// as long as the command line.
func distance(a, b string, limit int) int {
	if apart := len(a) - len(b); apart > limit || apart < -limit {
		return limit + 1
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
