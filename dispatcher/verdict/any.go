package verdict

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/switchhook/switchhook/dispatcher/report"
	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// JudgeAny reads an answer of which nobody said what it replies to: what holds
// for every command, and notes on what depends on which.
func JudgeAny(a Answer) (v Verdict, notes []string) {
	reply, flaws := readAnswer(a)
	v = Verdict{Effect: EffectUnknown, Flaws: flaws}
	if len(flaws) > 0 {
		v.Meaning = "NO USABLE REPLY: Tencent goes on as if nobody had answered. A message is delivered and a request let through, " +
			"unless the console says otherwise (a LiveKit gift is refused); an event is not sent again"
		return v, nil
	}
	v.Meaning = "well-formed: to a before-command it says ALLOWED, to an after-command acknowledged"
	if reply.Code != 0 {
		v.Meaning = fmt.Sprintf("well-formed: it says code %d, which means something to some commands alone", reply.Code)
		notes = append(notes, meaningOfCode(reply.Code))
	}
	return v, append(notes, readersOf(reply.Extra)...)
}

// meaningOfCode says which commands know a code.
func meaningOfCode(code int) string {
	var known []string
	drops := false
	for _, spec := range imevent.Specs() {
		perTarget := slices.Contains(spec.RequiredKeys, "ResultItem")
		switch {
		case spec.Phase != imevent.Before:
		case code == 1 && !perTarget, spec.Drops(sdk.Reply{Code: code}), !perTarget && spec.Codes.Contains(code):
			drops = drops || spec.Drops(sdk.Reply{Code: code})
			known = append(known, spec.Command)
		}
	}
	word := fmt.Sprintf("code %d refuses for %s", code, strings.Join(known, ", "))
	switch {
	case len(known) == 0:
		word = fmt.Sprintf("no command knows code %d at the top of a reply", code)
	case drops:
		word = fmt.Sprintf("code %d drops silently for %s", code, strings.Join(known, ", "))
	}
	return word + "; to an after-command it says that the event was not handled, and it lets every target of Sns.CallbackPrev… through"
}

// readersOf says of each further key who reads it.
func readersOf(extra json.RawMessage) []string {
	var keys map[string]json.RawMessage
	if len(extra) == 0 || json.Unmarshal(extra, &keys) != nil {
		return nil // the latter cannot be: it was made from an object
	}
	var notes []string
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		var readers []string
		for _, spec := range imevent.Specs() {
			if slices.Contains(spec.ReplyKeys, key) {
				readers = append(readers, spec.Command)
			}
		}
		if len(readers) == 0 {
			notes = append(notes, "no command reads the key "+report.Visible(key))
			continue
		}
		notes = append(notes, fmt.Sprintf("the key %s is read by %s alone", key, strings.Join(readers, ", ")))
	}
	return notes
}
