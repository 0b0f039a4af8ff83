package imevent

import "fmt"

// misfit is a value that cannot be read as what its field holds.
type misfit struct {
	path  string // such as PairList[2].From_Account
	want  string
	found string
}

// Error says where the value stands, what was expected and what stands there.
func (m *misfit) Error() string {
	if m.path == "" {
		return fmt.Sprintf("want %s, found %s", m.want, m.found)
	}
	return fmt.Sprintf("%s: want %s, found %s", m.path, m.want, m.found)
}

// below says that the value stood in the field or item called step.
func (m *misfit) below(step string) *misfit {
	if m.path != "" && m.path[0] != '[' {
		step += "."
	}
	m.path = step + m.path
	return m
}

// kindOf names a JSON value for an error text, without showing what it holds.
func kindOf(value []byte) string {
	if len(value) == 0 {
		return "nothing"
	}
	switch value[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		if len(value) == 2 {
			return "an empty string"
		}
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	default:
		return "a number"
	}
}
