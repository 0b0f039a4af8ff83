package scaffold

import (
	"fmt"
	"slices"
	"strings"
)

// roomy is how many handlers a file may have: a plugin of more has a file for each
// family, lest a reader, and the linters of the house, find one too long.
const roomy = 30

// family are commands whose handlers stand in one file.
type family struct {
	// Word is what the commands have in common, as a part of a Go name, such as
	// Sns; empty when they are all that the plugin has.
	Word string
	// Commands are in the order in which they will be bound.
	Commands []binding
}

// familiesOf divides the commands by Tencent's families, in the order in which each
// first appears, and a family that is too large into parts. Few commands are not
// divided.
func familiesOf(commands []binding) []family {
	if len(commands) <= roomy {
		return []family{{Commands: commands}}
	}
	var families []family
	for _, b := range commands {
		word := familyOf(b.Command)
		i := slices.IndexFunc(families, func(f family) bool { return strings.EqualFold(f.Word, word) }) // as files are told apart
		if i < 0 {
			i = len(families)
			families = append(families, family{Word: word})
		}
		families[i].Commands = append(families[i].Commands, b)
	}
	var parts []family
	for _, f := range families {
		n := 0
		for part := range slices.Chunk(f.Commands, roomy) {
			word := f.Word
			if n++; n > 1 {
				word = fmt.Sprintf("%sPart%d", f.Word, n)
			}
			parts = append(parts, family{Word: word, Commands: part})
		}
	}
	return parts
}

// familyOf is the command's family as a part of a Go name.
func familyOf(command string) string {
	name, _, _ := strings.Cut(command, ".")
	return wordOf(name)
}

// Bind is the function that binds the commands.
func (f family) Bind() string { return "bind" + f.Word }

// File holds the handlers. No system's name ends it, which would keep it from the
// compiler on all others.
func (f family) File() string { return f.base() + ".go" }

// testFile holds their tests.
func (f family) testFile() string { return f.base() + "_test.go" }

func (f family) base() string {
	if f.Word == "" {
		return "handlers"
	}
	return strings.ToLower(f.Word) + "_handlers"
}

// AnyTyped reports whether one of the commands has an event type.
func (f family) AnyTyped() bool { return f.any(func(b binding) bool { return b.Typed }) }

// AnySampled reports whether one of the commands has a sample.
func (f family) AnySampled() bool { return f.any(func(b binding) bool { return b.Sampled }) }

func (f family) any(is func(binding) bool) bool { return slices.ContainsFunc(f.Commands, is) }
