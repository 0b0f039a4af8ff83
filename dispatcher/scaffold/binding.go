package scaffold

import (
	"fmt"
	"slices"
	"strings"

	"github.com/switchhook/switchhook/sdk/imevent"
	"github.com/switchhook/switchhook/sdk/imevent/samples"
)

// binding is one command as the templates write it.
type binding struct {
	// Command is Tencent's name.
	Command string
	// Title says when Tencent sends it, in the middle of a sentence; it may be
	// empty.
	Title string
	// Doc is the address of Tencent's page, or empty.
	Doc string
	// Word is the command as a part of a Go name, such as SnsFriendAdd.
	Word string
	// Typed says that package imevent has an event for it.
	Typed bool
	// AnswerType and Answer are what the handler returns, as Go expressions.
	AnswerType, Answer string
	// Decides says that Tencent waits for the answer. Converses says that it does not
	// and yet reads it, as a chatbot's.
	Decides, Converses bool
	// Sampled says that there is a body of Tencent's to test with.
	Sampled bool
	// Verdict is the expectation of package sdktest that the plugin's first test has:
	// what it answers lets everything take its course.
	Verdict string
	// Refusals are the expectations that such a command may come to have, as a
	// sentence lists them; empty unless it decides.
	Refusals string
}

func bindingsOf(commands []string) []binding {
	bindings := make([]binding, len(commands))
	words := make(map[string]int, len(commands))
	for i, command := range commands {
		bindings[i] = bindingOf(command)
		if words[bindings[i].Word]++; words[bindings[i].Word] > 1 { // two names that differ in their dots alone
			bindings[i].Word = fmt.Sprintf("%s%d", bindings[i].Word, words[bindings[i].Word])
		}
	}
	return bindings
}

func bindingOf(command string) binding {
	b := binding{
		Command: command, Word: wordOf(command), Decides: imevent.PhaseOf(command) == imevent.Before,
		AnswerType: "sdk.Reply", Answer: "sdk.Reply{}", Verdict: "Acknowledged",
	}
	if b.Decides {
		b.Verdict, b.Refusals = "Allowed", refusalsOf(imevent.ContractOf(command))
	}
	if contract, listed := imevent.Spec(command); listed {
		b.Title, b.Doc = lowerFirst(contract.Title), contract.Doc
		if b.Converses = contract.ReadsReply && !b.Decides; b.Converses {
			b.Answer = "sdk.Reply{Code: 1}" // without words; a zero code promises some
		}
	}
	_, b.Sampled = samples.Request(command)
	if t, ok := imevent.TypingOf(command); ok {
		b.Word, b.Typed = t.Name, true
		b.AnswerType, b.Answer = answerOf(t.Answer.Name())
	}
	return b
}

// Send is how program, as one types it, tries the command. One without a sample
// gets a body of its name alone.
func (b binding) Send(program string) string {
	if b.Sampled {
		return program + " send " + b.Command
	}
	return `echo '{"CallbackCommand": "` + b.Command + `"}' | ` + program + " send " + b.Command + " --body -"
}

// answerOf returns the type of an answer and the expression of the one that lets
// everything take its course.
func answerOf(name string) (typ, value string) {
	switch family := strings.TrimSuffix(name, "Answer"); family {
	case "Ack":
		return "sdk.Ack", "sdk.Ack{}"
	case "Friend": // its answers have a verdict on each target of the event
		return "imevent." + name, "imevent.Friend.Allow(ev)"
	case "Chatbot":
		return "imevent." + name, "imevent.Chatbot.Silent()"
	default:
		return "imevent." + name, "imevent." + family + ".Allow()"
	}
}

// refusalsOf names the expectations of package sdktest for all that can be decided
// but Allowed.
func refusalsOf(contract *imevent.Contract) string {
	refusals := []string{fmt.Sprintf("Rejected(%d)", max(1, contract.Codes.Lowest))}
	if contract.Drop {
		refusals = append(refusals, "Dropped()")
	}
	if slices.ContainsFunc(contract.ReplyKeys, func(key string) bool { return key == "ResultItem" || strings.HasPrefix(key, "Refused") }) {
		refusals = append(refusals, "RefusedTargets(account)")
	}
	if slices.Contains(contract.ReplyKeys, "MsgBody") {
		refusals = append(refusals, "Rewritten(keys)")
	}
	last := len(refusals) - 1
	if last == 0 {
		return refusals[0]
	}
	return strings.Join(refusals[:last], ", ") + " or " + refusals[last]
}

// wordOf makes a Go name of a command by the rule of package imevent: the family,
// and the word without Callback.
func wordOf(command string) string {
	family, word, _ := strings.Cut(command, ".")
	var name strings.Builder
	for _, part := range strings.FieldsFunc(family+"."+strings.TrimPrefix(word, "Callback"), func(r rune) bool {
		return r == '.' || r == '-' || r == '_'
	}) {
		name.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return name.String()
}

// lowerFirst lets a title stand within a sentence. An abbreviation stays as it is.
func lowerFirst(title string) string {
	if len(title) < 2 || strings.ToLower(title[1:2]) != title[1:2] {
		return title
	}
	return strings.ToLower(title[:1]) + title[1:]
}
