package imevent

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Unknown holds the keys of a JSON object that its event type does not name, each
// with its value as it arrived. It is nil when there are none.
type Unknown map[string]json.RawMessage

// reader fills a Go value of one type from JSON, leniently: null and missing keys
// leave the zero value; text may be a number and a number may be in quotes, none
// of them by way of a float; a list of one may stand without its brackets; keys
// without a field go to the Unknown field. Of a key that stands there twice the
// last counts.
//
// Readers are built once for each event type, when the package is loaded, from
// its fields and their json tags. A field without a reader is a mistake in the
// program and panics then.
type reader func(data []byte, into reflect.Value) *misfit

// readerOf returns the reader of E, for UnmarshalJSON methods.
func readerOf[E any]() func(data []byte, into *E) error {
	read := newReader(reflect.TypeFor[E]())
	return func(data []byte, into *E) error {
		if m := read(data, reflect.ValueOf(into).Elem()); m != nil {
			return m
		}
		return nil
	}
}

// misfit is a value that cannot be read as what its field holds.
type misfit struct {
	path  string // such as PairList[2].From_Account
	want  string
	found string
}

// Error says where the value stands, what was expected and what stands there.
func (m *misfit) Error() string {
	if m.path == "" {
		return fmt.Sprintf("want %s, found %s", m.want, m.found)
	}
	return fmt.Sprintf("%s: want %s, found %s", m.path, m.want, m.found)
}

// below says that the value stood in the field or item called step.
func (m *misfit) below(step string) *misfit {
	if m.path != "" && m.path[0] != '[' {
		step += "."
	}
	m.path = step + m.path
	return m
}

func newReader(t reflect.Type) reader {
	switch t.Kind() {
	case reflect.String:
		return readText
	case reflect.Int64:
		return readInteger
	case reflect.Slice:
		return listReader(newReader(t.Elem()))
	case reflect.Struct:
		return objectReader(t)
	default:
		panic("imevent: no reader for " + t.String())
	}
}

func readText(data []byte, into reflect.Value) *misfit {
	text, m := textOf(data)
	if m == nil {
		into.SetString(text)
	}
	return m
}

func readInteger(data []byte, into reflect.Value) *misfit {
	text := bytes.TrimSpace(unquoted(data))
	if len(text) == 0 {
		return nil // an empty string in a number's place
	}
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		return &misfit{want: "a whole number", found: kindOf(data)}
	}
	into.SetInt(n)
	return nil
}

// listReader reads an array, or a single item as a list of one.
func listReader(item reader) reader {
	return func(data []byte, into reflect.Value) *misfit {
		into.SetZero()
		if data[0] != '[' {
			into.Grow(1)
			into.SetLen(1)
			return item(data, into.Index(0))
		}
		into.Set(reflect.MakeSlice(into.Type(), 0, count(data)))
		w := walk(data, '[')
		for n := 0; ; n++ {
			value, ok := w.element()
			if !ok {
				return nil
			}
			into.SetLen(n + 1)
			if m := item(value, into.Index(n)); m != nil {
				return m.below("[" + strconv.Itoa(n) + "]")
			}
		}
	}
}

// count returns the number of items in an array.
func count(data []byte) (n int) {
	w := walk(data, '[')
	for {
		if _, ok := w.element(); !ok {
			return n
		}
		n++
	}
}

// field is one field of an object: where it is and how it is read.
type field struct {
	index int
	read  reader
}

// objectReader reads an object into a struct.
func objectReader(t reflect.Type) reader {
	fields := make(map[string]field)
	unknown := -1
	for i := range t.NumField() {
		f := t.Field(i)
		key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Type == reflect.TypeFor[Unknown]() {
			unknown = i
			continue
		}
		fields[key] = field{i, newReader(f.Type)}
	}
	return func(data []byte, into reflect.Value) *misfit {
		w := walk(data, '{')
		for {
			key, value, ok := w.member()
			if !ok {
				break
			}
			f, known := fields[string(key)]
			switch {
			case known && string(value) == "null":
			case known:
				if m := f.read(value, into.Field(f.index)); m != nil {
					return m.below(string(key))
				}
			case unknown >= 0:
				keep(into.Field(unknown), stringOf(key), value)
			}
		}
		if !w.intact() {
			return &misfit{want: "an object", found: kindOf(data)}
		}
		return nil
	}
}

// keep stores a copy of value: what a decoder is given is not its own.
func keep(unknown reflect.Value, key string, value []byte) {
	if unknown.IsNil() {
		unknown.Set(reflect.ValueOf(make(Unknown)))
	}
	unknown.Interface().(Unknown)[key] = bytes.Clone(value) //nolint:forcetypeassert // objectReader looked for this type
}

// textOf returns a string's text, or a number's digits as they stand.
func textOf(value []byte) (string, *misfit) {
	switch {
	case len(value) > 0 && value[0] == '"':
		return stringOf(unquoted(value)), nil
	case len(value) > 0 && (value[0] == '-' || value[0] >= '0' && value[0] <= '9'):
		return string(value), nil
	default:
		return "", &misfit{want: "a string or a number", found: kindOf(value)}
	}
}

// stringOf returns the text of a JSON string given without its quotes.
func stringOf(inside []byte) string {
	if bytes.IndexByte(inside, '\\') < 0 && utf8.Valid(inside) {
		return string(inside)
	}
	var text string
	if json.Unmarshal([]byte(`"`+string(inside)+`"`), &text) != nil {
		return string(inside)
	}
	return text
}

// kindOf names a JSON value for an error text, without showing what it holds.
func kindOf(value []byte) string {
	if len(value) == 0 {
		return "nothing"
	}
	switch value[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		if len(value) == 2 {
			return "an empty string"
		}
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	default:
		return "a number"
	}
}
