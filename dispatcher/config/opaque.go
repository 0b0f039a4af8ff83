package config

import (
	"encoding/json"
	"strconv"

	"github.com/goccy/go-yaml/ast"
)

// opaque reads settings that only their plugin understands, as the JSON that the
// plugin gets. It must be a map, since that is what a plugin's settings are.
func (d *decoder) opaque(n ast.Node, target *json.RawMessage, key string) {
	if empty(n) {
		return
	}
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
	default:
		d.mismatch(n, key, "a map of keys and values")
		return
	}
	before := len(d.problems)
	d.settings = key
	defer func() { d.settings = "" }()
	tree := d.tree(n, key, 0)
	if len(d.problems) > before {
		return
	}
	text, err := json.Marshal(tree)
	if err != nil { // what the tree is made of can be marshalled, and yet
		d.problem(place(n), key, "cannot be written as JSON")
		return
	}
	*target = text
}

// tree returns n as JSON's own types, secrets expanded.
func (d *decoder) tree(n ast.Node, key string, depth int) any {
	if depth > nestingLimit {
		d.problem(place(n), key, "lists and maps stand more than %d deep in each other", nestingLimit)
		return nil
	}
	if !d.plain(n, key) {
		return nil
	}
	switch n := n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		object := map[string]any{}
		for _, e := range d.entries(n, key) {
			object[e.name] = d.tree(e.value, join(key, e.name), depth+1)
		}
		return object
	case *ast.SequenceNode:
		list := make([]any, len(n.Values))
		for i, item := range n.Values {
			list[i] = d.tree(item, key+"["+strconv.Itoa(i)+"]", depth+1)
		}
		return list
	default:
		return d.leaf(n, key)
	}
}

// leaf returns a scalar as JSON's own type.
func (d *decoder) leaf(n ast.Node, key string) any {
	switch n := n.(type) {
	case *ast.StringNode, *ast.LiteralNode:
		text, _ := raw(n)
		value, _ := d.expand(text, place(n), key)
		return value
	case *ast.IntegerNode:
		return n.Value
	case *ast.FloatNode:
		return n.Value
	case *ast.BoolNode:
		return n.Value
	case *ast.NullNode, nil:
		return nil
	default:
		d.mismatch(n, key, "what JSON knows as well: text, number, true, false, null, list or map")
		return nil
	}
}
