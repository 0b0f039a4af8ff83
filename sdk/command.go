package sdk

import (
	"encoding/json"
	"fmt"
)

// Command binds a command's name to the event its body decodes to and to the
// answer its handler may give. Package imevent has one value for each command;
// an author makes another only for a command that Tencent has just invented.
type Command[E any, A Answer] struct {
	name   string
	decode func(body []byte, into *E) error // nil: encoding/json
}

// NewCommand returns the command of that name, such as
// "Sns.CallbackBlackListAdd", whose body is decoded by encoding/json.
func NewCommand[E any, A Answer](name string) Command[E, A] {
	return Command[E, A]{name: name}
}

// DecodedBy returns the same command, its body decoded by decode. That is handed
// whatever arrived, JSON or not, and must neither change nor keep it.
func (c Command[E, A]) DecodedBy(decode func(body []byte, into *E) error) Command[E, A] {
	c.decode = decode
	return c
}

// Name returns the command's name as it stands in the URL.
func (c Command[E, A]) Name() string { return c.name }

// Decode reads body as the command's event. The error is a malformed [Fault], and
// comes with the zero event.
func (c Command[E, A]) Decode(body []byte) (E, error) {
	var ev E
	decode := c.decode
	if decode == nil {
		decode = func(body []byte, into *E) error { return json.Unmarshal(body, into) }
	}
	if err := decode(body, &ev); err != nil {
		var none E
		return none, Malformed(fmt.Errorf("decode %s: %w", c.name, err))
	}
	return ev, nil
}
