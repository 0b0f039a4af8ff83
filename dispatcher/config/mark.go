package config

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// mark is a place in the file.
type mark struct{ line, column int }

// place returns where n begins. A map begins at its first key, for the parser
// would say: at its first colon.
func place(n ast.Node) mark {
	switch n := n.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return place(n.Values[0])
		}
	case *ast.MappingValueNode:
		return place(n.Key)
	case nil:
		return mark{}
	}
	return at(n.GetToken())
}

// at returns where a token stands.
func at(tk *token.Token) mark {
	if tk == nil || tk.Position == nil {
		return mark{}
	}
	return mark{tk.Position.Line, tk.Position.Column}
}

// problem records a mistake at a place.
func (d *decoder) problem(at mark, key, format string, args ...any) {
	d.problems = append(d.problems, Problem{d.name, at.line, at.column, key, fmt.Sprintf(format, args...)})
}

// warn records something suspicious at a place.
func (d *decoder) warn(at mark, key, format string, args ...any) {
	d.warnings = append(d.warnings, Problem{d.name, at.line, at.column, key, fmt.Sprintf(format, args...)})
}

// stated reports whether the file has the key.
func (d *decoder) stated(key string) bool {
	_, ok := d.marks[key]
	return ok
}

// where returns the place of a key, or of the closest key above it that the file
// states.
func (d *decoder) where(key string) mark {
	for {
		if at, ok := d.marks[key]; ok {
			return at
		}
		cut := strings.LastIndexAny(key, ".[")
		if cut < 0 {
			return mark{}
		}
		key = key[:cut]
	}
}

// tooDeep returns the first place at which more than [nestingLimit] lists and maps
// are open, as far as that takes no indentation: brackets, and entries that begin
// on one line. The parser calls itself for each, and takes more time than the
// square of their number. Deeper indentation costs the writer enough.
func tooDeep(tokens token.Tokens) (at mark, deep bool) {
	brackets, entries, line := 0, 0, 0
	for _, tk := range tokens {
		if tk.Position.Line != line {
			entries, line = 0, tk.Position.Line
		}
		switch tk.Type {
		case token.MappingStartType, token.SequenceStartType:
			brackets++
		case token.MappingEndType, token.SequenceEndType:
			brackets--
		case token.SequenceEntryType, token.MappingKeyType:
			entries++
		default:
			continue
		}
		if brackets+entries > nestingLimit {
			return mark{line, tk.Position.Column}, true
		}
	}
	return mark{}, false
}
