package config

import (
	"encoding/json"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// decoder fills a [File] from the tree of a YAML text. It walks the tree itself,
// by the struct's tags, since a library's strict mode ends at the first mistake.
type decoder struct {
	name, dir string
	lookup    Lookup
	marks     map[string]mark     // the place of every key that is stated
	plainText []string            // the keys of secrets that stand in the file itself
	settings  string              // the key of the plugin's settings that are being read
	expanded  map[string][]Secret // what ${…} stands for, by the key of the plugin's settings
	problems  Problems
	warnings  Problems
}

// field is a key of a struct, as its tag says: the name, then "path" for a text
// that is a path, and "live" for what a reload takes over.
type field struct {
	index      int
	name       string
	path, live bool
}

// fields returns the keys of a struct in their order.
func fields(t reflect.Type) []field {
	var all []field
	for i := range t.NumField() {
		options := strings.Split(t.Field(i).Tag.Get("yaml"), ",")
		if options[0] == "-" {
			continue
		}
		all = append(all, field{i, options[0], slices.Contains(options, "path"), slices.Contains(options, "live")})
	}
	return all
}

// decode fills file from the root of the document.
func (d *decoder) decode(root ast.Node, file *File) {
	d.object(root, reflect.ValueOf(file).Elem(), "")
}

// value fills v from n. What is wrong is recorded, and leaves v as it was.
func (d *decoder) value(n ast.Node, v reflect.Value, key string, f field) {
	d.marks[key] = place(n)
	if !d.plain(n, key) {
		return
	}
	if d.special(n, v.Addr().Interface(), key) {
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.object(n, v, key)
	case reflect.Pointer:
		d.optional(n, v, key)
	case reflect.Map:
		d.table(n, v, key)
	case reflect.Slice:
		d.list(n, v, key, f)
	case reflect.String:
		if text, ok := d.text(n, key); ok {
			v.SetString(d.resolve(text, f))
		}
	case reflect.Bool:
		d.boolean(n, v, key)
	case reflect.Int:
		d.integer(n, v, key)
	default:
		panic("config: no decoder for " + v.Type().String())
	}
}

// special fills a value whose type says more than its kind, and reports whether
// it is one.
func (d *decoder) special(n ast.Node, target any, key string) bool {
	switch target := target.(type) {
	case *json.RawMessage:
		d.opaque(n, target, key)
	case *Secret:
		d.secret(n, target, key)
	case *Server:
		d.server(n, target, key)
	case *time.Duration:
		d.duration(n, target, key)
	case *Size:
		d.size(n, target, key)
	case *float64:
		d.fraction(n, target, key)
	default:
		return false
	}
	return true
}

// object fills a struct from a map whose keys are its fields.
func (d *decoder) object(n ast.Node, v reflect.Value, key string) {
	known := fields(v.Type())
	names := make([]string, len(known))
	for i, f := range known {
		names[i] = f.name
	}
	for _, e := range d.entries(n, key) {
		i := slices.Index(names, e.name)
		if i < 0 {
			d.problem(e.at, join(key, e.name), "unknown key%s; allowed here: %s", didYouMean(e.name, names), strings.Join(names, ", "))
			continue
		}
		target := v.Field(known[i].index)
		d.value(e.value, target, join(key, e.name), known[i])
		if k := target.Kind(); k == reflect.Struct || k == reflect.Map || k == reflect.Pointer {
			d.marks[join(key, e.name)] = e.at // a map is found by its key
		}
	}
}

// table fills a map whose keys the writer chooses.
func (d *decoder) table(n ast.Node, v reflect.Value, key string) {
	for _, e := range d.entries(n, key) {
		if v.IsNil() {
			v.Set(reflect.MakeMap(v.Type()))
		}
		item := fresh(v.Type().Elem())
		d.value(e.value, item.Elem(), join(key, e.name), field{})
		d.marks[join(key, e.name)] = e.at
		v.SetMapIndex(reflect.ValueOf(e.name), item.Elem())
	}
}

// optional fills a section that means something by standing there, even empty; with
// nothing at all behind its key it does not stand there.
func (d *decoder) optional(n ast.Node, v reflect.Value, key string) {
	if empty(n) {
		return
	}
	section := fresh(v.Type().Elem())
	d.object(n, section.Elem(), key)
	v.Set(section)
}

// fresh returns a new value with its defaults.
func fresh(t reflect.Type) reflect.Value {
	item := reflect.New(t)
	if with, ok := reflect.TypeAssert[interface{ setDefaults() }](item); ok {
		with.setDefaults()
	}
	return item
}

// list fills a slice.
func (d *decoder) list(n ast.Node, v reflect.Value, key string, f field) {
	if empty(n) {
		return
	}
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		d.mismatch(n, key, "a list, such as [one, two]")
		return
	}
	if len(seq.Values) == 0 {
		return // an empty list is an absent one
	}
	v.Set(reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values)))
	for i, item := range seq.Values {
		d.value(item, v.Index(i), key+"["+strconv.Itoa(i)+"]", f)
	}
}

// entry is one key of a map with its value.
type entry struct {
	name  string
	at    mark
	value ast.Node
}

// entries returns the keys of a map, and reports those that are doubled or that
// are no plain text. Nothing at all is an empty map.
func (d *decoder) entries(n ast.Node, key string) []entry {
	var pairs []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	default:
		if !empty(n) {
			d.mismatch(n, key, "a map of keys and values")
		}
		return nil
	}
	found := make([]entry, 0, len(pairs))
	first := map[string]mark{}
	for _, pair := range pairs {
		e := entry{at: place(pair.Key), value: pair.Value}
		var ok bool
		if e.name, ok = keyText(pair.Key); !ok {
			d.problem(e.at, key, "a key here must be plain text; anchors, aliases, merges and tags are not read")
			continue
		}
		if before, doubled := first[e.name]; doubled {
			d.problem(e.at, join(key, e.name), "the key stands here for the second time; the first is on line %d", before.line)
			continue
		}
		first[e.name] = e.at
		found = append(found, e)
	}
	return found
}

// keyText returns a key as it is written, so that an app's id needs no quotes.
func keyText(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, n.Value != ""
	case *ast.IntegerNode:
		return n.Token.Value, true
	default:
		return "", false
	}
}

// plain reports whether n is of plain YAML, the part that everybody reads alike.
func (d *decoder) plain(n ast.Node, key string) bool {
	what := ""
	switch n.(type) {
	case *ast.AnchorNode:
		what = "an anchor (&)"
	case *ast.AliasNode:
		what = "an alias (*)"
	case *ast.TagNode:
		what = "a tag (!)"
	default:
		return true
	}
	d.problem(place(n), key, "%s is not read here: write the value itself, in quotes if it begins with that sign", what)
	return false
}

// empty reports whether nothing is written.
func empty(n ast.Node) bool {
	_, null := n.(*ast.NullNode)
	return null || n == nil
}

// resolve returns a path as seen from the file's folder; any other text as it is.
func (d *decoder) resolve(text string, f field) string {
	if !f.path || text == "" || filepath.IsAbs(text) {
		return text
	}
	return filepath.Join(d.dir, text)
}

// join returns the path of a key below another.
func join(key, name string) string {
	if key == "" {
		return name
	}
	return key + "." + name
}
