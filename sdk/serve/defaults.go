package serve

import (
	"reflect"
	"strings"
)

// defaults keeps the settings as they were before any gateway sent its own.
type defaults struct {
	config  reflect.Value // the plugin's own; invalid where it has no settings
	initial reflect.Value
}

// keepDefaults copies what config points to.
func keepDefaults(config any) defaults {
	d := defaults{config: reflect.ValueOf(config)}
	if d.config.IsValid() {
		d.initial = copied(d.config.Elem())
	}
	return d
}

// restore gives the settings their defaults again.
func (d defaults) restore() {
	if d.config.IsValid() {
		d.config.Elem().Set(copied(d.initial))
	}
}

// copied returns a copy of v that shares nothing with it that reading settings
// may write to: maps, slices and pointers, as far as encoding/json reaches.
func copied(v reflect.Value) reflect.Value {
	fresh := reflect.New(v.Type()).Elem()
	fresh.Set(v)
	part(fresh)
	return fresh
}

// part parts v from what it was copied from.
func part(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if isSetting(v.Type().Field(i)) {
				part(v.Field(i))
			}
		}
	case reflect.Array:
		partEach(v)
	case reflect.Slice, reflect.Map, reflect.Pointer, reflect.Interface:
		if v.CanSet() && !v.IsNil() {
			v.Set(another(v))
		}
	default: // the copy is whole
	}
}

// another returns a copy of what v refers to.
func another(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.Slice:
		fresh := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(fresh, v)
		partEach(fresh)
		return fresh
	case reflect.Map:
		fresh := reflect.MakeMapWithSize(v.Type(), v.Len())
		for key, value := range v.Seq2() {
			fresh.SetMapIndex(key, copied(value))
		}
		return fresh
	case reflect.Pointer:
		return copied(v.Elem()).Addr()
	default:
		return copied(v.Elem())
	}
}

func partEach(list reflect.Value) {
	for i := range list.Len() {
		part(list.Index(i))
	}
}

// isSetting reports whether encoding/json may write to a field, or to one within
// it.
func isSetting(field reflect.StructField) bool {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	return (field.IsExported() || field.Anonymous) && (name != "-" || field.Tag.Get("json") == "-,")
}
