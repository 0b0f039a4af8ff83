package imevent

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync"
)

// layout is what is known of a struct type that events are made of: its fields by
// their keys. It is read off the type once, when the first event of the type
// comes, and never changed.
type layout struct {
	fields  []field
	exact   map[string]int // by the key
	alike   map[string]int // by another documented spelling
	folded  map[string]int // by the key in lower case
	object  int            // where the embedded Object is
	bare    int            // the field that may stand for the whole, or -1
	settles bool           // the type is a settler
	whole   bool           // the type is content: made in Go, it is written with its zeros
}

// field is one field of a struct: its key, and how it is read and written.
type field struct {
	key   string
	index int
	opt   bool
	read  reader
	write writer
}

// settler is a type with fields that depend on each other.
type settler interface {
	// settle reads what could be read only when all fields are there.
	settle()
	// settled returns a pointer to a copy whose fields agree, for writing.
	settled(as style) any
}

var layouts sync.Map // reflect.Type to *layout

// layoutOf returns the layout of a struct type. A field that cannot be read is a
// mistake in the program, and panics.
func layoutOf(t reflect.Type) *layout {
	if known, ok := layouts.Load(t); ok {
		return known.(*layout) //nolint:forcetypeassert // nothing else is stored
	}
	l := newLayout(t)
	layouts.Store(t, l)
	return l
}

// mostFields is how many bits kept.present has.
const mostFields = 64

func newLayout(t reflect.Type) *layout {
	l := &layout{
		exact: make(map[string]int), alike: make(map[string]int), folded: make(map[string]int), object: -1, bare: -1,
		settles: reflect.PointerTo(t).Implements(reflect.TypeFor[settler]()),
		whole:   t.Implements(typeOfContent),
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Type == reflect.TypeFor[Object]() {
			l.object = i
			continue
		}
		key := f.Tag.Get("json")
		if _, twice := l.exact[key]; key == "" || twice {
			panic("imevent: " + t.String() + "." + f.Name + " has no key of its own")
		}
		n := len(l.fields)
		l.fields = append(l.fields, newField(f, key, i))
		l.exact[key] = n
		if f.Tag.Get("bare") == "true" {
			l.bare = n
		}
		l.folded[strings.ToLower(key)] = n
		for other := range strings.SplitSeq(f.Tag.Get("alt"), ",") {
			if other != "" {
				l.alike[other] = n
				l.folded[strings.ToLower(other)] = n
			}
		}
	}
	if len(l.fields) == 1 {
		l.bare = 0
	}
	if l.object < 0 || len(l.fields) > mostFields {
		panic("imevent: " + t.String() + " embeds no Object, or has too many fields")
	}
	return l
}

func newField(f reflect.StructField, key string, index int) field {
	made := field{key: key, index: index, opt: reflect.PointerTo(f.Type).Implements(reflect.TypeFor[optional]())}
	made.read, made.write = newReader(f.Type), newWriter(f.Type)
	switch f.Tag.Get("form") {
	case "json": // a text that may come as the JSON that it holds
		made.read = readTextOrJSON
	case "flag": // a number that may come as true or false
		made.read = readFlag
	}
	if made.opt && f.Tag.Get("form") != "" {
		made.read = optReader(made.read)
	}
	return made
}

// find returns the field that a key belongs to, and whether it is spelt as the
// field's own. Keys are compared without case where nothing fits better.
func (l *layout) find(key []byte) (n int, name string, own, found bool) {
	if n, own = l.exact[string(key)]; own {
		return n, l.fields[n].key, true, true
	}
	name = stringOf(key)
	if n, own = l.exact[name]; own {
		return n, name, true, true
	}
	if n, found = l.alike[name]; found {
		return n, name, false, true
	}
	n, found = l.folded[strings.ToLower(name)]
	return n, name, false, found
}

// knows reports whether one of the keys of data, an object, is a field's.
func (l *layout) knows(data []byte) bool {
	w := walk(data, '{')
	for {
		key, _, ok := w.member()
		if !ok {
			return false
		}
		if _, _, _, found := l.find(key); found {
			return true
		}
	}
}

// decode reads a body that nobody has looked at yet.
func decode[E any](body []byte, into *E) error {
	if !valid(body, maxDepth) {
		if err := json.Unmarshal(body, new(json.RawMessage)); err != nil {
			return err //nolint:wrapcheck // it says where body is not JSON
		}
		return fmt.Errorf("the body is nested deeper than %d levels", maxDepth)
	}
	return read(bytes.TrimSpace(body), into)
}

// unmarshal is the UnmarshalJSON of every object: null leaves the value as it is,
// by the convention of encoding/json.
func unmarshal[E any](data []byte, into *E) error {
	if string(data) == "null" {
		return nil
	}
	return read(data, into)
}

// read reads data as one JSON object into the struct that into points to. data is
// copied once; what is kept of it shares that copy.
func read[E any](data []byte, into *E) error {
	if m := layoutOf(reflect.TypeFor[E]()).read(bytes.Clone(data), reflect.ValueOf(into).Elem()); m != nil {
		return m
	}
	return nil
}

// marshal writes the struct that from points to as one JSON object, in the forms
// that it was read from.
func marshal[E any](from *E) ([]byte, error) {
	out := make([]byte, 0, sizeOfMost)
	return layoutOf(reflect.TypeFor[E]()).write(out, reflect.ValueOf(from).Elem(), asItCame), nil
}

// sizeOfMost is room for nearly every event.
const sizeOfMost = 1 << 10

var (
	typeOfRaw     = reflect.TypeFor[json.RawMessage]()
	typeOfContent = reflect.TypeFor[Content]()
)
