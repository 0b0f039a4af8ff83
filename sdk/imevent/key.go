package imevent

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/switchhook/switchhook/sdk"
)

// Key returns a name for what cb reports, scoped by app and command, and whether
// that name proves a single occurrence.
//
// Where the body names what happened (a message's id, its sequence number in a
// group, a version, with the time of the event where one message can be touched
// twice), the key is made of those fields and once is true: a second callback
// with the key is a second copy. The fields that could still differ, such as an
// edit's new text, belong to the key, so that look-alikes never share it.
// Everywhere else the key is a hash of the whole body and once is false: two
// identical bodies may both be true, as two bans of one user are.
//
// once is never true for a command whose reply Tencent reads, since a second copy
// needs its answer too; nor where the body is not a JSON object, lacks one of the
// fields that prove, or has a key twice.
func (c *Contract) Key(cb sdk.Callback) (key string, once bool) {
	sum, once := c.key.digest(cb.Body)
	var room [128]byte
	text := append(room[:0], cb.AppID...)
	text = append(text, '/')
	text = append(text, cb.Command...)
	text = append(text, '/')
	text = base64.RawURLEncoding.AppendEncode(text, sum[:keyBytes])
	return string(text), once
}

const (
	// keyBytes of a SHA-256 are kept: 128 bits, so that no two of 10^15 keys are
	// likely to meet.
	keyBytes = 16
	// mostKeyFields bounds the fields of one row.
	mostKeyFields = 12
	// longestInKey is the longest value that stands in the key's text itself;
	// longer ones stand there as their hash.
	longestInKey = 64
)

// keying says what tells two occurrences of a command apart.
type keying struct{ fields []keyField }

// keyField is one top-level field of a key.
type keyField struct {
	name   string
	item   string // in each item of the list, this field must have a value
	proves bool   // without a value nothing is proven
	zero   bool   // with a value other than 0 nothing is proven
}

// keyByBody is the strategy of a body that proves nothing.
var keyByBody = keying{}

// keyByFields returns the strategy of a body that is proven a single occurrence
// by the fields named. "List[].Field" asks for a value in each item of a list and
// takes the whole list into the key.
func keyByFields(names ...string) keying {
	var k keying
	for _, name := range names {
		list, item, _ := strings.Cut(name, "[].")
		k.fields = append(k.fields, keyField{name: list, item: item, proves: true})
	}
	return k
}

// whereZero asks for a field of value 0 besides: a result that says that the thing
// was done. What failed may fail once more, and every other field be the same.
func (k keying) whereZero(name string) keying {
	k.fields = append(k.fields, keyField{name: name, proves: true, zero: true})
	return k
}

// and takes further fields into the key, where the body has them.
func (k keying) and(names ...string) keying {
	for _, name := range names {
		k.fields = append(k.fields, keyField{name: name})
	}
	return k
}

// digest hashes what stands for the occurrence.
func (k keying) digest(body []byte) (sum [sha256.Size]byte, proven bool) {
	var values [mostKeyFields][]byte
	if len(k.fields) == 0 || !k.collect(body, &values) {
		return sha256.Sum256(body), false
	}
	var room [mostKeyFields * (longestInKey + 2)]byte
	text := append(room[:0], 0) // no JSON begins so: never the hash of a body
	for i := range k.fields {
		text = appendValue(text, values[i])
	}
	return sha256.Sum256(text), true
}

// collect finds the fields' values and reports whether they prove an occurrence.
func (k keying) collect(body []byte, values *[mostKeyFields][]byte) bool {
	w := walk(body, '{')
	for {
		name, value, ok := w.member()
		if !ok {
			break
		}
		if bytes.IndexByte(name, '\\') >= 0 {
			return false // a name in disguise: rather no proof than a wrong one
		}
		if !k.place(name, value, values) {
			return false
		}
	}
	if !w.intact() {
		return false
	}
	for i := range k.fields {
		if f := &k.fields[i]; f.proves && !f.hasValue(values[i]) {
			return false
		}
	}
	return true
}

// place puts a value where its field's belongs, if it is a field's. It reports false
// for one that is there twice, or whose name is spelt in another case, which an event
// reads as well.
func (k keying) place(name, value []byte, values *[mostKeyFields][]byte) bool {
	for i := range k.fields {
		field := k.fields[i].name
		if len(name) != len(field) || !strings.EqualFold(string(name), field) {
			continue
		}
		if values[i] != nil || string(name) != field {
			return false
		}
		values[i] = value
	}
	return true
}

// hasValue reports whether value can name something.
func (f *keyField) hasValue(value []byte) bool {
	if f.zero {
		return string(unquoted(value)) == "0"
	}
	if f.item == "" {
		return names(value) && (!isNumeric(f.name) || counts(unquoted(value)))
	}
	w := walk(value, '[')
	found := false
	for {
		item, ok := w.element()
		if !ok {
			return found && w.intact()
		}
		if field, ok := lookup(item, f.item); !ok || !names(field) || isNumeric(f.item) && !counts(unquoted(field)) {
			return false
		}
		found = true
	}
}

// isNumeric reports whether a key's values count something, whatever they are
// written as: times and sequence numbers.
func isNumeric(key string) bool {
	return strings.HasSuffix(key, "Time") || strings.HasSuffix(key, "Seq")
}

// names reports whether a JSON value is a name: a text that says something, or a
// whole number above zero.
func names(value []byte) bool {
	text := bytes.TrimSpace(unquoted(value))
	if len(text) == 0 || string(text) == "0" || string(text) == "null" {
		return false
	}
	return value[0] == '"' || counts(text)
}

// counts reports whether text is a whole number above zero.
func counts(text []byte) bool {
	above := false
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
		above = above || c != '0'
	}
	return above
}

// unquoted returns the inside of a JSON string, escapes and all, and any other
// value as it is.
func unquoted(value []byte) []byte {
	if len(value) >= 2 && value[0] == '"' {
		return value[1 : len(value)-1]
	}
	return value
}

// lookup returns the value of name in the JSON object data, the last one where
// there are several.
func lookup(data []byte, name string) (value []byte, ok bool) {
	w := walk(data, '{')
	for {
		key, v, more := w.member()
		if !more {
			return value, value != nil && w.intact()
		}
		if string(key) == name {
			value = v
		}
	}
}

// appendValue writes a field's value so that no two lists of values read alike.
// A number and the same number in quotes are one value; null is no value.
func appendValue(text, value []byte) []byte {
	if value == nil || string(value) == "null" {
		return append(text, 'n')
	}
	value = unquoted(value)
	if len(value) > longestInKey {
		sum := sha256.Sum256(value)
		return append(append(text, 'h'), sum[:]...)
	}
	return append(append(text, 'v', byte(len(value))), value...) //nolint:gosec // at most longestInKey
}
