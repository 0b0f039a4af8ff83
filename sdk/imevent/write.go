package imevent

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strconv"
	"unicode/utf8"
)

// writer appends a Go value as JSON.
type writer func(out []byte, from reflect.Value, as style) []byte

// style says how odd forms are written.
type style uint8

const (
	asItCame style = iota // as they were read, where the value is still the same
	proper                // as the documentation has them: keys, lists, numbers, whole text
)

// newWriter returns the writer of a field's type.
func newWriter(t reflect.Type) writer {
	switch {
	case t == typeOfRaw:
		return func(out []byte, from reflect.Value, as style) []byte { return appendRaw(out, from.Bytes(), as) }
	case t == typeOfContent:
		return appendContent
	case reflect.PointerTo(t).Implements(reflect.TypeFor[optional]()):
		return newWriter(t.Field(0).Type).optional
	}
	switch t.Kind() {
	case reflect.String:
		return func(out []byte, from reflect.Value, _ style) []byte { return appendText(out, from.String()) }
	case reflect.Int64:
		return func(out []byte, from reflect.Value, _ style) []byte { return strconv.AppendInt(out, from.Int(), 10) }
	case reflect.Float64:
		return func(out []byte, from reflect.Value, _ style) []byte { return appendFloat(out, from.Float()) }
	case reflect.Bool:
		return func(out []byte, from reflect.Value, _ style) []byte { return strconv.AppendBool(out, from.Bool()) }
	case reflect.Slice:
		return newWriter(t.Elem()).list
	default:
		return func(out []byte, from reflect.Value, as style) []byte { return layoutOf(t).write(out, from, as) }
	}
}

// write appends the struct as one object: the fields that were there or hold
// something, and then the keys without a field.
func (l *layout) write(out []byte, from reflect.Value, as style) []byte {
	if l.settles {
		from = l.settled(from, as)
	}
	k := from.Field(l.object).Interface().(Object).kept //nolint:forcetypeassert // newLayout has looked
	var taken []string
	out = append(out, '{')
	for n := range l.fields {
		f := &l.fields[n]
		value := from.Field(f.index)
		key, odd := f.asItStood(k, n, value, as)
		if odd == nil && value.IsZero() && (f.opt || !k.had(n) && (!l.whole || k != nil)) {
			continue
		}
		out = append(appendText(out, key), ':')
		if odd != nil {
			out = append(out, odd...)
		} else {
			out = f.write(out, value, as)
			taken = append(taken, key)
		}
		out = append(out, ',')
	}
	return closed(k.appendUnknown(out, taken, as), '}')
}

// asItStood returns the key of the field as it is to be spelt, and where the field
// still holds what was read from an odd form, that form.
func (f *field) asItStood(k *kept, n int, value reflect.Value, as style) (key string, form []byte) {
	o, ok := k.oddityOf(n)
	if !ok || as == proper {
		return f.key, nil
	}
	if !o.plain && f.stillHolds(o.value, value) {
		return o.key, o.value
	}
	return o.key, nil
}

// settled returns from with fields that agree.
func (l *layout) settled(from reflect.Value, as style) reflect.Value {
	own := reflect.New(from.Type())
	own.Elem().Set(from)
	return reflect.ValueOf(own.Interface().(settler).settled(as)).Elem() //nolint:forcetypeassert // newLayout has looked
}

// stillHolds reports whether the field has what was read from data.
func (f *field) stillHolds(data []byte, value reflect.Value) bool {
	again := reflect.New(value.Type()).Elem()
	_, m := f.read(data, again)
	return m == nil && reflect.DeepEqual(again.Interface(), value.Interface())
}

// appendUnknown appends the keys without a field, sorted, but for those taken: by
// fields that were set after their values had been put aside.
func (k *kept) appendUnknown(out []byte, taken []string, as style) []byte {
	if k == nil || len(k.unknown) == 0 {
		return out
	}
	names := make([]string, 0, len(k.unknown))
	for name := range k.unknown {
		if !slices.Contains(taken, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		out = append(appendText(out, name), ':')
		out = append(appendRaw(out, k.unknown[name], as), ',')
	}
	return out
}

// closed puts the bracket in the place of the last comma.
func closed(out []byte, bracket byte) []byte {
	if out[len(out)-1] == ',' {
		out = out[:len(out)-1]
	}
	return append(out, bracket)
}

// list appends a slice, each item by w.
func (w writer) list(out []byte, from reflect.Value, as style) []byte {
	out = append(out, '[')
	for n := range from.Len() {
		out = append(w(out, from.Index(n), as), ',')
	}
	return closed(out, ']')
}

// optional appends what is in an Opt, by w.
func (w writer) optional(out []byte, from reflect.Value, as style) []byte {
	return w(out, from.Field(0), as)
}

// appendRaw appends JSON as it is, or mended where its text is broken and proper
// JSON is wanted.
func appendRaw(out, raw []byte, as style) []byte {
	switch {
	case len(raw) == 0:
		return append(out, "null"...)
	case as == proper && !utf8.Valid(raw):
		return append(out, bytes.ToValidUTF8(raw, []byte("\uFFFD"))...)
	default:
		return append(out, raw...)
	}
}

// appendText appends a JSON string, with the characters of HTML as they are.
func appendText(out []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' || c > '~' {
			return appendEscaped(out, text)
		}
	}
	return append(append(append(out, '"'), text...), '"')
}

func appendEscaped(out []byte, text string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil {
		panic("imevent: encode text: " + err.Error()) // a string always can be
	}
	return append(out, bytes.TrimSuffix(b.Bytes(), []byte("\n"))...)
}

// appendFloat appends a number, or null for one that JSON has no word for.
func appendFloat(out []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(out, "null"...)
	}
	return strconv.AppendFloat(out, f, 'f', -1, 64)
}
