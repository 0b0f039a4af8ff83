package imevent

import (
	"encoding/json"
	"reflect"
	"strconv"
)

// reader fills a Go value of one type from JSON, leniently, and says in which
// form it came. The value is zero before. data is valid JSON without space around
// it, and is shared: what a reader keeps of it stays as it is.
//
// A misfit is the last resort: a list or an object where a text belongs, or the
// other way round. A text that is no number where a number belongs is no reason to
// keep a callback from its handler.
type reader func(data []byte, into reflect.Value) (form, *misfit)

// form is how a value stood in the JSON.
type form uint8

const (
	plain form = iota // as it would be written
	odd               // otherwise, and yet it could be read
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
		return listReader(newReader(t.Elem()))
	case reflect.Struct:
		return objectReader(t)
	default:
		panic("imevent: no reader for " + t.String())
	}
}

// read reads one JSON object into a struct.
func (l *layout) read(data []byte, into reflect.Value) *misfit {
	k := &kept{raw: data}
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
		target.SetZero()
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
// own, else the first. Of the same key twice the last counts, as in encoding/json.
func (k *kept) claim(n int, name string, own bool) bool {
	if own {
		delete(k.unknown, name) // the same key once more, whose value did not fit then
	}
	if k.saw(n) {
		return true
	}
	if !own {
		return false
	}
	if o, ok := k.oddityOf(n); ok {
		if o.key != name {
			k.aside(o.key, o.value)
		}
		k.forget(n)
	}
	return true
}

// note remembers how the field's value stood there.
func (k *kept) note(n int, name string, own bool, value []byte, f form) {
	switch {
	case f == aside:
		k.present &^= 1 << n
		k.aside(name, value)
	case f == odd || !own:
		k.odd = append(k.odd, oddity{field: n, key: name, value: value, plain: f == plain})
	}
}

// objectReader reads an object into a struct: also one in brackets, or one that was
// encoded twice. What stands for no object in languages that cannot tell an empty
// list from an empty object leaves the struct zero. Where the object has one field
// alone, such as a member's account, its value may stand for the object.
func objectReader(t reflect.Type) reader {
	return func(data []byte, into reflect.Value) (form, *misfit) {
		switch {
		case data[0] == '{':
			return plain, layoutOf(t).read(data, into)
		case isNothing(data):
			return odd, nil
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
		if l := layoutOf(t); len(l.fields) == 1 && data[0] != '[' {
			f, m := l.fields[0].read(data, into.Field(l.fields[0].index))
			return max(f, odd), m
		}
		return plain, &misfit{want: "an object", found: kindOf(data)}
	}
}

// orAside puts a text aside that read cannot make anything of.
func orAside(read reader) reader {
	return func(data []byte, into reflect.Value) (form, *misfit) {
		f, m := read(data, into)
		if m != nil && data[0] == '"' {
			into.SetZero()
			return aside, nil
		}
		return f, m
	}
}

// listReader reads an array, a single item as a list of one, or an array that was
// encoded twice.
func listReader(item reader) reader {
	return func(data []byte, into reflect.Value) (form, *misfit) {
		switch {
		case data[0] == '[':
			return readList(data, into, item)
		case isNothing(data):
			return odd, nil
		case data[0] == '"':
			if inner := nested(data, '['); inner != nil {
				if f, m := readList(inner, into, item); f != aside || m != nil {
					return odd, m
				}
				return aside, nil
			}
		}
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
		all = max(all, f)
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
// nothing: null, an empty string, an empty list or an empty object.
func isNothing(data []byte) bool {
	switch data[0] {
	case 'n':
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

// nested returns the JSON value inside a JSON string, when it is one that begins
// with opening.
func nested(data []byte, opening byte) []byte {
	if data[0] != '"' {
		return nil
	}
	w := walker{data: []byte(stringOf(unquoted(data)))}
	w.space()
	inner := w.data[w.pos:]
	if len(inner) == 0 || inner[0] != opening || !json.Valid(inner) {
		return nil
	}
	return inner
}
