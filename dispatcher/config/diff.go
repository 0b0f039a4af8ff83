package config

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
)

// RestartKeys names the keys that differ between two files and that a reload does
// not take over, in the order of the file: "listen", "admin.hosts".
func RestartKeys(old, now *File) []string {
	return differing(reflect.ValueOf(old).Elem(), reflect.ValueOf(now).Elem(), "", false)
}

// ReloadKeys names what differs between two files and what a reload takes over,
// in the order of the file and, within a key, sorted: "apps.1400000001",
// "plugin_dir", "routes.Sns.*", "inbox.retry". An app, plugin or route that is new, gone or
// changed is named alike.
func ReloadKeys(old, now *File) []string {
	return differing(reflect.ValueOf(old).Elem(), reflect.ValueOf(now).Elem(), "", true)
}

// differing returns the keys whose values differ, of those that are live or of
// those that are not.
func differing(a, b reflect.Value, key string, live bool) []string {
	var keys []string
	for _, f := range fields(a.Type()) {
		name, x, y := join(key, f.name), a.Field(f.index), b.Field(f.index)
		switch {
		case x.Kind() == reflect.Struct && !f.live: // its keys may be of either kind
			keys = append(keys, differing(x, y, name, live)...)
		case f.live != live:
		case x.Kind() == reflect.Map:
			keys = append(keys, differingItems(x, y, name)...)
		case !same(x, y):
			keys = append(keys, name)
		}
	}
	return keys
}

// differingItems returns the keys below a map whose items differ.
func differingItems(a, b reflect.Value, key string) []string {
	names := map[string]struct{}{}
	for _, m := range []reflect.Value{a, b} {
		for _, name := range m.MapKeys() {
			names[name.String()] = struct{}{}
		}
	}
	var keys []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		x, y := a.MapIndex(reflect.ValueOf(name)), b.MapIndex(reflect.ValueOf(name))
		if !x.IsValid() || !y.IsValid() || !same(x, y) {
			keys = append(keys, join(key, name))
		}
	}
	return keys
}

// same reports whether two values mean the same: an absent list is an empty one.
func same(a, b reflect.Value) bool {
	switch a.Kind() {
	case reflect.Struct:
		for i := range a.NumField() {
			if !same(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	case reflect.Pointer:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		return same(a.Elem(), b.Elem())
	case reflect.Map:
		return len(differingItems(a, b, "")) == 0
	case reflect.Slice:
		return sameList(a, b)
	default:
		return a.Equal(b)
	}
}

func sameList(a, b reflect.Value) bool {
	if settings, ok := reflect.TypeAssert[json.RawMessage](a); ok {
		return bytes.Equal(settings, b.Bytes())
	}
	if a.Len() != b.Len() {
		return false
	}
	for i := range a.Len() {
		if !same(a.Index(i), b.Index(i)) {
			return false
		}
	}
	return true
}
