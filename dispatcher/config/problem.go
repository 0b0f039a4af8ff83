package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one mistake in a file, or one thing that is suspicious.
type Problem struct { //nolint:errname // it is the error of a place, and just as well a warning
	// File is the file as it was given to [Load].
	File string
	// Line and Column count from 1; zero where the problem has no place.
	Line, Column int
	// Key is the path of the key, such as apps.1400000001.tokens[0].
	Key string
	// Message says what is wrong and what is allowed. It never holds a secret.
	Message string
}

// Error returns the problem on one line, in the form that editors can follow:
// file:line:column: key: message.
func (p Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Column)
	}
	if p.Key != "" {
		b.WriteString(": " + p.Key)
	}
	b.WriteString(": " + p.Message)
	return b.String()
}

// Problems are all the mistakes in a file, in its order. They are the error of
// [Load]; errors.As finds them, and a single [Problem] in them.
type Problems []Problem //nolint:errname // as Problem

// Error returns the problems, a line each.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the problems one by one.
func (ps Problems) Unwrap() []error {
	errs := make([]error, len(ps))
	for i, p := range ps {
		errs[i] = p
	}
	return errs
}

// sort brings the problems into the order of the file.
func (ps Problems) sort() {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Key, b.Key))
	})
}
