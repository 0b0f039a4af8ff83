package imevent

import (
	"cmp"
	"reflect"
	"slices"

	"github.com/switchhook/switchhook/sdk"
)

// Typing says which Go types carry a command: its event and its answer. It is for
// programs that treat all commands alike, such as generators and catch-all
// handlers; a handler of one command has its types by [sdk.On].
type Typing struct {
	// Command is the name in the URL, such as "Group.CallbackBeforeSendMsg".
	Command string
	// Name is that of the command's variable in this package, such as
	// "GroupBeforeSendMsg". Its event is called Name + "Event".
	Name string
	// Event is the type of the event.
	Event reflect.Type
	// Answer is the type of the answer: that of [sdk.Ack] where Tencent reads none.
	Answer reflect.Type

	decode func(body []byte) (any, error)
}

// Decode reads body as the command's event, as [sdk.Command.Decode] does, and
// returns it as a value of the type Event.
func (t Typing) Decode(body []byte) (any, error) { return t.decode(body) }

// TypingOf returns the types of command, and whether it has any: a command whose
// body no page describes has none.
func TypingOf(command string) (Typing, bool) {
	i, found := slices.BinarySearchFunc(typings, command, func(t Typing, name string) int { return cmp.Compare(t.Command, name) })
	if !found {
		return Typing{}, false
	}
	return typings[i], true
}

// Typings returns the types of all commands that have any, sorted by command.
func Typings() []Typing { return slices.Clone(typings) }

// NewCommand returns a command that Tencent has just invented, whose event is read
// as leniently as those of this package. The event is a struct that embeds [Object]
// and has a json tag on each other field, of the types that events here have.
func NewCommand[E any, A sdk.Answer](name string) sdk.Command[E, A] {
	return sdk.NewCommand[E, A](name).DecodedBy(decode[E])
}

// typing is the row of one command.
func typing[E any, A sdk.Answer](c sdk.Command[E, A]) Typing {
	event := reflect.TypeFor[E]()
	return Typing{
		Command: c.Name(),
		Name:    event.Name()[:len(event.Name())-len("Event")],
		Event:   event,
		Answer:  reflect.TypeFor[A](),
		decode:  func(body []byte) (any, error) { return c.Decode(body) },
	}
}

var typings = sorted(
	typingsAlert(), typingsBot(), typingsC2C(), typingsChatbot(), typingsContentCallback(), typingsFollow(), typingsGroup(),
	typingsLive(), typingsMic(), typingsOfficialAccount(), typingsProfile(), typingsPush(), typingsRoom(), typingsSns(), typingsState(),
)

func sorted(families ...[]Typing) []Typing {
	all := slices.Concat(families...)
	slices.SortFunc(all, func(a, b Typing) int { return cmp.Compare(a.Command, b.Command) })
	return all
}
