package sdk

import (
	"encoding/json"
	"fmt"
)

// Command binds a command's name to the event its body decodes to and to the
// answer its handler may give. Package imevent has one value for each command;
// an author makes another only for a command that Tencent has just invented.
type Command[E any, A Answer] struct{ name string }

// NewCommand returns the command of that name, such as
// "Sns.CallbackBlackListAdd".
func NewCommand[E any, A Answer](name string) Command[E, A] { return Command[E, A]{name: name} }

// Name returns the command's name as it stands in the URL.
func (c Command[E, A]) Name() string { return c.name }

// Decode reads body as the command's event. It uses encoding/json, so an event
// type may bring an UnmarshalJSON of its own. The error is a malformed [Fault].
func (c Command[E, A]) Decode(body []byte) (E, error) {
	var ev E
	if err := json.Unmarshal(body, &ev); err != nil {
		return ev, Malformed(fmt.Errorf("decode %s: %w", c.name, err))
	}
	return ev, nil
}
