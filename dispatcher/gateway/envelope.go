package gateway

import (
	"bytes"
	"errors"
	"io"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// maxDepth is how deep a body may nest; its outermost object is depth 1.
const maxDepth = 64

// commandKey is the body's own name for the command.
const commandKey = "CallbackCommand"

// envelope is what the gateway wants to know of a body.
type envelope struct {
	// named: there is a top-level CallbackCommand.
	named bool
	// agrees: it is the URL's command.
	agrees bool
}

// scanners reads envelopes. It keeps decoders for reuse, so that a scan
// allocates nothing; the zero scanners are ready for use, by many goroutines.
type scanners struct{ pool sync.Pool }

// scanner is a decoder with what it reads from.
type scanner struct {
	decoder jsontext.Decoder
	buffer  bytes.Buffer
	options []jsontext.Options
	scratch []byte // for a string with escapes
}

// read checks that body is one JSON object, no deeper than maxDepth, with at
// most one CallbackCommand, and compares that with command. Invalid UTF-8 and
// other duplicate keys are let through (see the package's doc). The body is
// not changed.
func (s *scanners) read(body []byte, command string) (envelope, rejection) {
	sc, ok := s.pool.Get().(*scanner)
	if !ok {
		sc = &scanner{options: []jsontext.Options{
			jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true),
		}}
	}
	sc.buffer = *bytes.NewBuffer(body)
	sc.decoder.Reset(&sc.buffer, sc.options...)
	env, rejected := sc.object(command)
	s.pool.Put(sc) // it holds on to body until it is used or collected, and no longer reads it
	return env, rejected
}

// object reads the one object and what must not follow it.
func (sc *scanner) object(command string) (envelope, rejection) {
	first, err := sc.decoder.ReadToken()
	if err != nil || first.Kind() != '{' {
		return envelope{}, rejectJSON
	}
	var env envelope
	for sc.decoder.PeekKind() != '}' {
		if rejected := sc.member(command, &env); rejected != accepted {
			return envelope{}, rejected
		}
	}
	if _, err := sc.decoder.ReadToken(); err != nil {
		return envelope{}, rejectJSON
	}
	if _, err := sc.decoder.ReadToken(); !errors.Is(err, io.EOF) {
		return envelope{}, rejectJSON
	}
	return env, accepted
}

// member reads one key and its value. The key is compared without case, as
// encoding/json does when a plugin decodes it.
func (sc *scanner) member(command string, env *envelope) rejection {
	name, err := sc.decoder.ReadValue()
	if err != nil || name.Kind() != '"' {
		return rejectJSON
	}
	if !bytes.EqualFold(sc.text(name), []byte(commandKey)) {
		return sc.skip()
	}
	if env.named {
		return rejectTwice
	}
	env.named = true
	if sc.decoder.PeekKind() != '"' {
		return sc.skip()
	}
	value, err := sc.decoder.ReadValue()
	if err != nil {
		return rejectJSON
	}
	env.agrees = string(sc.text(value)) == command
	return accepted
}

// skip reads one value of any kind, minding its depth.
func (sc *scanner) skip() rejection {
	outside := sc.decoder.StackDepth()
	for {
		if _, err := sc.decoder.ReadToken(); err != nil {
			return rejectJSON
		}
		switch depth := sc.decoder.StackDepth(); {
		case depth > maxDepth:
			return rejectDeep
		case depth == outside:
			return accepted
		}
	}
}

// text returns what a JSON string says. The result is good until the next call.
func (sc *scanner) text(value jsontext.Value) []byte {
	said := value[1 : len(value)-1]
	if bytes.IndexByte(said, '\\') < 0 {
		return said
	}
	sc.scratch, _ = jsontext.AppendUnquote(sc.scratch[:0], value)
	return sc.scratch
}
