package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
)

// body is one that Tencent would not send, and what is wrong with it.
type body struct {
	what string
	text []byte
}

// private stands for what a user wrote. It is short, so that a decoder that quotes
// its input quotes all of it.
const private = "for your eyes"

// nested is how deep a body nests that means to exhaust a stack.
const nested = 100_000

// hostile returns bodies that are not what the command promises, some of them
// made from its sample.
func hostile(sample []byte) []body {
	bodies := []body{
		{"an empty body", nil},
		{"no JSON", []byte(private)},
		{"half of a JSON object", sample[:len(sample)/2]},
		{"null", []byte("null")},
		{"a number", []byte("1")},
		{"a text", []byte(`"` + private + `"`)},
		{"an empty list", []byte("[]")},
		{"an empty object", []byte("{}")},
		{"two objects", append(bytes.Clone(sample), sample...)},
		{"brackets that never close", []byte(strings.Repeat("[", nested))},
		{"objects within objects", []byte(strings.Repeat(`{"a":`, nested) + "1" + strings.Repeat("}", nested))},
		{"text that is not UTF-8", bytes.ReplaceAll(sample, []byte(`"`), []byte("\"\xff\xfe"))},
		{"a NUL", append([]byte{0}, sample...)},
		{"UTF-16", []byte("\xff\xfe{\x00}\x00")},
	}
	for _, wrong := range []struct {
		what  string
		value string
	}{
		{"null", `null`},
		{"a boolean", `true`},
		{"a number beyond all types", `-1e400`},
		{"an empty text", `""`},
		{"a text", `"\u0000\ud800"`},
		{"a list", `[[]]`},
		{"an object", `{"":{}}`},
	} {
		bodies = append(bodies,
			body{wrong.what + " for every key", replaceAll(sample, json.RawMessage(wrong.value), false)},
			body{wrong.what + " for every value within", replaceAll(sample, json.RawMessage(wrong.value), true)})
	}
	return bodies
}

// replaceAll puts value in the place of each value of a JSON object, or of each
// value that holds no other.
func replaceAll(sample []byte, value json.RawMessage, leaves bool) []byte {
	var keys map[string]any
	if json.Unmarshal(sample, &keys) != nil {
		return sample
	}
	for key, old := range keys {
		if leaves {
			keys[key] = replaceLeaves(old, value)
		} else {
			keys[key] = value
		}
	}
	raw, err := json.Marshal(keys)
	if err != nil {
		return sample
	}
	return raw
}

func replaceLeaves(old any, value json.RawMessage) any {
	switch old := old.(type) {
	case map[string]any:
		for key, inner := range old {
			old[key] = replaceLeaves(inner, value)
		}
		return old
	case []any:
		for i, inner := range old {
			old[i] = replaceLeaves(inner, value)
		}
		return old
	default:
		return value
	}
}

// hostileBodies sends what a handler cannot make sense of. Whatever the plugin
// says is fine, as long as it says something that is not the body, and goes on to
// answer.
func (s *suite) hostileBodies(ctx context.Context) finding {
	p, err := s.live(ctx)
	if err != nil {
		return fail("%v", err)
	}
	sent := 0
	for _, command := range s.commands() {
		sample, _ := s.sample(command)
		for _, b := range hostile(sample.Body) {
			cb := s.callback(command, b.text)
			a := s.ask(ctx, p, cb, s.options.Patience)
			flaw := a.flaw(cb)
			if err := s.isAlive(ctx, p); err != nil {
				return fail("%s with %s: %v", command, b.what, err)
			}
			if flaw != nil {
				return fail("%s with %s: %v", command, b.what, flaw)
			}
			if a.fault != nil && strings.Contains(a.fault.Error(), private) {
				return fail("%s with %s: error_info quotes the body, and the gateway's log would keep what a user wrote: say in words of your own what is wrong",
					command, b.what)
			}
			sent++
		}
	}
	return pass("%d of them answered, and the process goes on", sent)
}
