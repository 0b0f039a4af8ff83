package imevent

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
)

// Object is what an event, and every object inside one, keeps of the JSON that it
// was read from. Together with the fields it loses nothing: an event that is
// read and written again is the same JSON, the order of keys and white space
// aside, and a field that was changed in between is written as it is then.
//
// The zero Object is that of a value made in Go. An Object is never changed after
// reading; its methods may be called from many goroutines at once.
type Object struct{ kept *kept }

// kept is what reading leaves behind besides the fields.
type kept struct {
	raw     []byte // the object as it arrived
	unknown map[string]json.RawMessage
	present uint64 // a bit for each field whose key was there
	odd     []oddity
}

// oddity is a field that stood in the JSON otherwise than it would be written.
type oddity struct {
	field int
	key   string // as it was spelt
	value []byte // as it was written
	plain bool   // only the key is odd: value is how the field is written anyway
}

// Unknown returns the keys that no field is made for, and those whose value its
// field cannot hold (a text that is no number, where a number belongs), each
// with the value as it arrived. It is nil when there are none. The map is shared:
// do not change it.
func (o Object) Unknown() map[string]json.RawMessage {
	if o.kept == nil {
		return nil
	}
	return o.kept.unknown
}

// Has reports whether the object had the key called name, spelt just so and with
// whatever value. It tells a field that was sent empty from one that was not sent;
// of a value made in Go it knows nothing and says false.
func (o Object) Has(name string) bool {
	if o.kept == nil {
		return false
	}
	w := walk(o.kept.raw, '{')
	for {
		key, _, ok := w.member()
		if !ok {
			return false
		}
		if stringOf(key) == name {
			return true
		}
	}
}

// Raw returns a copy of the object as it arrived, or nil for a value made in Go.
func (o Object) Raw() json.RawMessage {
	if o.kept == nil {
		return nil
	}
	return bytes.Clone(o.kept.raw)
}

// Equal reports whether two objects keep the same keys in Unknown. It is there for
// packages that compare values in tests: events are equal when their fields are,
// and what no field holds, in whatever form they came.
func (o Object) Equal(other Object) bool {
	return maps.EqualFunc(o.Unknown(), other.Unknown(), func(a, b json.RawMessage) bool { return bytes.Equal(a, b) })
}

// saw notes that a field's key was there, and returns whether it is the first.
func (k *kept) saw(field int) bool {
	bit := uint64(1) << field
	first := k.present&bit == 0
	k.present |= bit
	return first
}

// had reports whether a field's key was there.
func (k *kept) had(field int) bool { return k != nil && k.present&(1<<field) != 0 }

// oddityOf returns how a field stood there, where that was odd.
func (k *kept) oddityOf(field int) (oddity, bool) {
	if k != nil {
		for _, o := range k.odd {
			if o.field == field {
				return o, true
			}
		}
	}
	return oddity{}, false
}

// forget drops what is noted of how a field stood there.
func (k *kept) forget(field int) {
	for i, o := range k.odd {
		if o.field == field {
			k.odd = append(k.odd[:i], k.odd[i+1:]...)
			return
		}
	}
}

// aside keeps a value that no field holds.
func (k *kept) aside(key string, value []byte) {
	if k.unknown == nil {
		k.unknown = make(map[string]json.RawMessage)
	}
	k.unknown[key] = slices.Clip(value)
}
