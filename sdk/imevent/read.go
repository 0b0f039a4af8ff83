package imevent

import (
	"reflect"
	"strconv"
)

// reader fills a Go value of one type from JSON, leniently, and says in which
// form it came. The value is zero before. data is valid JSON without space around
// it, and is shared: what a reader keeps of it stays as it is.
//
// A misfit is the last resort, for a list of objects that holds something else. A
// value that a single field cannot hold is put aside: it is no reason to keep a
// callback from its handler.
type reader func(data []byte, into reflect.Value) (form, *misfit)

// form is how a value stood in the JSON.
type form uint8

const (
	plain form = iota // as it would be written
	odd               // otherwise, and yet it could be read
	void              // what stands for nothing: the field stays zero
	aside             // so that the field cannot hold it: the field stays zero
)

// newReader returns the reader of a field's type.
func newReader(t reflect.Type) reader {
	switch {
	case t == typeOfRaw:
		return readRaw
	case t == typeOfContent:
		return readContent
	case reflect.PointerTo(t).Implements(reflect.TypeFor[optional]()):
		return optReader(newReader(t.Field(0).Type))
	}
	switch t.Kind() {
	case reflect.String:
		return readText
	case reflect.Int64:
		return readInteger
	case reflect.Float64:
		return readFloat
	case reflect.Bool:
		return readBool
	case reflect.Slice:
		return listReader(t.Elem())
	case reflect.Struct:
		return orAside(objectReader(t))
	default:
		panic("imevent: no reader for " + t.String())
	}
}

// read reads one JSON object into a struct.
func (l *layout) read(data []byte, into reflect.Value) *misfit {
	k := &kept{raw: data}
	into.SetZero()
	w := walk(data, '{')
	for {
		key, value, ok := w.member()
		if !ok {
			break
		}
		n, name, own, found := l.find(key)
		if !found || !k.claim(n, name, own) {
			k.aside(name, value)
			continue
		}
		f := &l.fields[n]
		target := into.Field(f.index)
		target.SetZero() // where the key stands there twice
		form, m := f.read(value, target)
		if m != nil {
			return m.below(name)
		}
		k.note(n, name, own, value, form)
	}
	if !w.intact() {
		return &misfit{want: "an object", found: kindOf(data)}
	}
	into.Field(l.object).Addr().Interface().(*Object).kept = k //nolint:forcetypeassert // newLayout has looked
	if l.settles {
		into.Addr().Interface().(settler).settle() //nolint:forcetypeassert // newLayout has looked
	}
	return nil
}

// claim decides which of several spellings of a key fills the field: the field's
// own, else the first. Of one spelling twice the last counts, as in encoding/json.
func (k *kept) claim(n int, name string, own bool) bool {
	if own {
		delete(k.unknown, name) // the same key once more, whose value did not fit then
	}
	if k.saw(n) {
		return true
	}
	o, odd := k.oddityOf(n)
	if !own && (!odd || o.key != name) {
		return false
	}
	if odd && o.key != name {
		k.aside(o.key, o.value)
	}
	k.forget(n)
	return true
}

// note remembers how the field's value stood there.
func (k *kept) note(n int, name string, own bool, value []byte, f form) {
	switch {
	case f == aside:
		k.present &^= 1 << n
		k.aside(name, value)
	case f != plain || !own:
		k.odd = append(k.odd, oddity{field: n, key: name, value: value, plain: f == plain})
	}
}

// objectReader reads an object into a struct: also one in brackets, or one that was
// encoded twice. Where one field may stand for the object, such as a member's
// account, its value alone is read as well.
func objectReader(t reflect.Type) reader {
	return func(data []byte, into reflect.Value) (form, *misfit) {
		switch {
		case data[0] == '{':
			return plain, layoutOf(t).read(data, into)
		case isNothing(data):
			return void, nil
		case data[0] == '[':
			if only, ok := onlyItem(data); ok {
				_, m := objectReader(t)(only, into)
				return odd, m
			}
		case data[0] == '"':
			if inner := nested(data, '{'); inner != nil {
				return odd, layoutOf(t).read(inner, into)
			}
		}
		if l := layoutOf(t); l.bare >= 0 && data[0] != '[' {
			f, m := l.fields[l.bare].read(data, into.Field(l.fields[l.bare].index))
			return max(f, odd), m
		}
		return plain, &misfit{want: "an object", found: kindOf(data)}
	}
}

// orAside puts a value aside that is not what the field holds. What is wrong further
// inside stays a misfit.
func orAside(read reader) reader {
	return func(data []byte, into reflect.Value) (form, *misfit) {
		f, m := read(data, into)
		if m != nil && m.path == "" {
			into.SetZero()
			return aside, nil
		}
		return f, m
	}
}

// listReader returns the reader of a list.
func listReader(of reflect.Type) reader {
	if of.Kind() == reflect.Struct && !reflect.PointerTo(of).Implements(reflect.TypeFor[optional]()) {
		return objectsReader(of)
	}
	item := newReader(of)
	return func(data []byte, into reflect.Value) (form, *misfit) {
		switch {
		case data[0] != '{' || isNothing(data) || isNumbered(data):
			return readItems(data, into, item)
		default:
			return aside, nil // an object, and none of these
		}
	}
}

// objectsReader reads a list of objects: also one that was encoded twice. An object
// that has none of the item's keys is no item.
func objectsReader(of reflect.Type) reader {
	item := objectReader(of)
	return func(data []byte, into reflect.Value) (form, *misfit) {
		switch inner := nested(data, '['); {
		case inner != nil:
			f, m := readList(inner, into, item)
			return max(f, odd), m
		case string(data) == "0":
			return void, nil
		case data[0] == '{' && !isNothing(data) && !isNumbered(data) && !layoutOf(of).knows(data):
			return aside, nil
		default:
			return readItems(data, into, item)
		}
	}
}

// readItems reads an array; an object whose keys are numbers, as some languages
// write a list with holes; and a single item as a list of one.
func readItems(data []byte, into reflect.Value, item reader) (form, *misfit) {
	switch {
	case data[0] == '[':
		return readList(data, into, item)
	case isNothing(data):
		return void, nil
	case data[0] == '{' && isNumbered(data):
		f, m := readNumbered(data, into, item)
		return max(f, odd), m
	default:
		return readSingle(data, into, item)
	}
}

// readSingle reads one item as a list of one.
func readSingle(data []byte, into reflect.Value, item reader) (form, *misfit) {
	into.Grow(1)
	into.SetLen(1)
	f, m := item(data, into.Index(0))
	switch {
	case m != nil && m.path == "":
		return plain, &misfit{want: m.want + " or a list", found: m.found}
	case f == aside:
		into.SetZero()
		return aside, nil
	default:
		return odd, m
	}
}

// readList reads an array. It is plain when each of its items is; where one cannot
// be read, the list as a whole is put aside, lest a zero be taken for an item.
func readList(data []byte, into reflect.Value, item reader) (form, *misfit) {
	into.Set(reflect.MakeSlice(into.Type(), 0, count(data)))
	all := plain
	w := walk(data, '[')
	for n := 0; ; n++ {
		value, ok := w.element()
		if !ok {
			return all, nil
		}
		into.SetLen(n + 1)
		f, m := item(value, into.Index(n))
		if m != nil {
			return all, m.below("[" + strconv.Itoa(n) + "]")
		}
		if f == aside {
			into.SetZero()
			return aside, nil
		}
		if f != plain {
			all = odd
		}
	}
}

// isNumbered reports whether the keys of an object are numbers, all of them.
func isNumbered(data []byte) bool {
	w := walk(data, '{')
	for {
		key, _, ok := w.member()
		if !ok {
			return w.done
		}
		for _, c := range key {
			if c < '0' || c > '9' {
				return false
			}
		}
		if len(key) == 0 {
			return false
		}
	}
}

// readNumbered reads the values of an object as a list, in the order in which they
// stand there.
func readNumbered(data []byte, into reflect.Value, item reader) (form, *misfit) {
	list := []byte{'['}
	w := walk(data, '{')
	for {
		_, value, ok := w.member()
		if !ok {
			return readList(closed(list, ']'), into, item)
		}
		list = append(append(list, value...), ',')
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

// onlyItem returns the item of a list of one.
func onlyItem(data []byte) (item []byte, ok bool) {
	w := walk(data, '[')
	item, ok = w.element()
	if !ok {
		return nil, false
	}
	_, more := w.element()
	return item, !more
}

// isNothing reports whether data is what some languages write where there is
// nothing: null, false, an empty string, an empty list or an empty object.
func isNothing(data []byte) bool {
	switch data[0] {
	case 'n', 'f':
		return true
	case '"':
		return len(data) == 2
	case '[', '{':
		w := walker{data: data, pos: 1, end: data[0] + 2}
		return !w.more() && w.done
	default:
		return false
	}
}

// deepestInText is how deep JSON inside a string may nest; nobody encodes more
// twice on purpose.
const deepestInText = 16

// nested returns the JSON value inside a JSON string, when it is one that begins
// with opening.
func nested(data []byte, opening byte) []byte {
	if data[0] != '"' {
		return nil
	}
	w := walker{data: []byte(stringOf(unquoted(data)))}
	w.space()
	inner := w.data[w.pos:]
	if len(inner) == 0 || inner[0] != opening || !valid(inner, deepestInText) {
		return nil
	}
	return inner
}
