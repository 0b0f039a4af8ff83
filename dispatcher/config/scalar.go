package config

import (
	"math"
	"reflect"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// mismatch reports a value of another type than wanted. It never shows the value:
// this is also how a token looks that somebody forgot to put in quotes.
func (d *decoder) mismatch(n ast.Node, key, want string) {
	got := "something else"
	switch n.(type) {
	case *ast.StringNode, *ast.LiteralNode:
		got = "a text"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		got = "a number"
	case *ast.BoolNode:
		got = "true or false"
	case *ast.MappingNode, *ast.MappingValueNode:
		got = "a map"
	case *ast.SequenceNode:
		got = "a list"
	case *ast.NullNode, nil:
		got = "nothing"
	}
	if key == "" {
		key = "the file"
	}
	d.problem(place(n), key, "wants %s, and this is %s", want, got)
}

// raw returns the text of a scalar that is one.
func raw(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	default:
		return "", false
	}
}

// text reads a text in which nothing is expanded.
func (d *decoder) text(n ast.Node, key string) (string, bool) {
	text, ok := raw(n)
	switch {
	case !ok:
		d.mismatch(n, key, "a text, in quotes if it looks like something else")
		return "", false
	case strings.Contains(text, "${"):
		cure := ""
		if strings.HasPrefix(key, "plugins.") && strings.Contains(key, ".env.") {
			cure = ": what is secret is for the plugin's config, and never for its environment"
		}
		d.problem(place(n), key, "${…} is expanded in tokens, in tracing.headers, in inbox.nats.servers and in plugins' config alone%s", cure)
		return "", false
	case strings.ContainsFunc(text, isControl):
		d.problem(place(n), key, "wants one line without control characters")
		return "", false
	default:
		return text, true
	}
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// boolean reads true or false; YAML 1.2 has no yes and no.
func (d *decoder) boolean(n ast.Node, v reflect.Value, key string) {
	b, ok := n.(*ast.BoolNode)
	if !ok {
		d.mismatch(n, key, "true or false")
		return
	}
	v.SetBool(b.Value)
}

// integer reads a whole number that is not negative.
func (d *decoder) integer(n ast.Node, v reflect.Value, key string) {
	i, ok := n.(*ast.IntegerNode)
	if !ok {
		d.mismatch(n, key, "a whole number")
		return
	}
	value, ok := i.Value.(uint64) // the parser's type of all that is not negative
	if !ok || value > math.MaxInt32 {
		d.problem(place(n), key, "wants a whole number from 0 to %d", math.MaxInt32)
		return
	}
	v.SetInt(int64(value))
}

// fraction reads a number that may have a fraction.
func (d *decoder) fraction(n ast.Node, target *float64, key string) {
	switch n := n.(type) {
	case *ast.FloatNode:
		*target = n.Value
	case *ast.IntegerNode:
		if value, ok := n.Value.(uint64); ok {
			*target = float64(value)
			return
		}
		d.problem(place(n), key, "wants a number that is not negative")
	default:
		d.mismatch(n, key, "a number such as 0.25")
	}
}

// measure returns the text of a number with or without a unit.
func (d *decoder) measure(n ast.Node, key, want string) (string, bool) {
	if i, ok := n.(*ast.IntegerNode); ok {
		return i.Token.Value, true
	}
	text, ok := raw(n)
	if !ok {
		d.mismatch(n, key, want)
	}
	return strings.TrimSpace(text), ok
}

// duration reads a span of time with its unit.
func (d *decoder) duration(n ast.Node, target *time.Duration, key string) {
	const want = "a duration such as 1.5s, 500ms or 1m30s"
	text, ok := d.measure(n, key, want)
	if !ok {
		return
	}
	value, err := time.ParseDuration(text)
	if err != nil || value < 0 {
		d.problem(place(n), key, "wants %s, not %q", want, shorten(text))
		return
	}
	*target = value
}

// size reads a number of bytes.
func (d *decoder) size(n ast.Node, target *Size, key string) {
	const want = "a size such as 512KiB, 1MiB or 65536"
	text, ok := d.measure(n, key, want)
	if !ok {
		return
	}
	value, err := ParseSize(text)
	if err != nil {
		d.problem(place(n), key, "wants %s, not %q", want, shorten(text))
		return
	}
	*target = value
}

// shorten keeps a message readable when the value in it is not.
func shorten(text string) string {
	const most = 60
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
