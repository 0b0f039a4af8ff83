package imevent

import (
	"encoding/json"
	"reflect"
)

// Opt is a value that may be absent where its zero has a meaning of its own: an
// unread count of 0 is not the same as no count, and an introduction that was
// emptied not the same as one that was left alone. The zero Opt is absent. An Opt
// is a value and may be compared with ==.
type Opt[T comparable] struct {
	value T
	set   bool
}

// Some returns a present value.
func Some[T comparable](value T) Opt[T] { return Opt[T]{value: value, set: true} }

// Get returns the value and whether there is one.
func (o Opt[T]) Get() (value T, ok bool) { return o.value, o.set }

// Or returns the value, or otherwise where there is none.
func (o Opt[T]) Or(otherwise T) T {
	if !o.set {
		return otherwise
	}
	return o.value
}

// IsSet reports whether there is a value.
func (o Opt[T]) IsSet() bool { return o.set }

// Equal reports whether both are absent, or both present with the same value; it
// is there for packages that compare values in tests.
func (o Opt[T]) Equal(other Opt[T]) bool { return o == other }

// MarshalJSON writes the value, or null where there is none. The tag omitzero
// leaves an absent one out.
func (o Opt[T]) MarshalJSON() ([]byte, error) {
	if !o.set {
		return []byte("null"), nil
	}
	return json.Marshal(o.value) //nolint:wrapcheck // it names the value
}

// UnmarshalJSON reads the value as leniently as events are read; what stands for
// nothing, and what T cannot hold, leaves it absent.
func (o *Opt[T]) UnmarshalJSON(data []byte) error {
	_, m := optReader(newReader(reflect.TypeFor[T]()))(data, reflect.ValueOf(o).Elem())
	if m != nil {
		return m
	}
	return nil
}

// slot is where a reader puts the value, and a writer finds it.
func (o *Opt[T]) slot() any { return &o.value }

// fill makes the value in the slot a present one, or takes it away.
func (o *Opt[T]) fill(set bool) {
	if o.set = set; !set {
		var zero T
		o.value = zero
	}
}

// optional is what reading and writing know of every Opt.
type optional interface {
	slot() any
	fill(set bool)
}
