package sdk

import (
	"bytes"
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

// Decode reads body as the command's event, as encoding/json would. An event type
// may bring an UnmarshalJSON of its own, which is then called directly, after a
// check that body is JSON at all. The error is a malformed [Fault].
func (c Command[E, A]) Decode(body []byte) (E, error) {
	var ev E
	if err := decode(body, &ev); err != nil {
		return ev, Malformed(fmt.Errorf("decode %s: %w", c.name, err))
	}
	return ev, nil
}

// decode spares a type that reads itself the second walk with which
// json.Unmarshal would find the end of the value it has just checked.
func decode(body []byte, into any) error {
	own, ok := into.(json.Unmarshaler)
	if ok && json.Valid(body) {
		return own.UnmarshalJSON(bytes.TrimSpace(body)) //nolint:wrapcheck // Decode names the command
	}
	return json.Unmarshal(body, into) //nolint:wrapcheck // as above; it also says where body is not JSON
}
