package config

import (
	"os"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

const (
	// secretLimit is how large a file with a secret may be.
	secretLimit = 64 << 10
	// readableByAll is the mode bit that a file with a secret should not have.
	readableByAll os.FileMode = 0o004
)

// variable is what a variable of the environment may be called (POSIX.1, 8.1,
// with lower case).
var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// secret reads a text with references to where the secrets are.
func (d *decoder) secret(n ast.Node, target *Secret, key string) {
	text, ok := raw(n)
	if !ok {
		d.mismatch(n, key, "a text, in quotes")
		return
	}
	if !strings.Contains(text, "${") {
		d.plainText = append(d.plainText, key)
	}
	if value, ok := d.expand(text, place(n), key); ok {
		*target = Secret(value)
	}
}

// expand replaces ${NAME} and ${file:/path} by what they name, and $${ by ${. A
// dollar sign before anything else is a dollar sign. What comes in is not
// expanded again.
func (d *decoder) expand(text string, at mark, key string) (value string, ok bool) {
	var b strings.Builder
	ok = true
	for {
		before, after, found := strings.Cut(text, "${")
		if !found {
			b.WriteString(text)
			return b.String(), ok
		}
		if bare, escaped := strings.CutSuffix(before, "$"); escaped {
			b.WriteString(bare + "${")
			text = after
			continue
		}
		b.WriteString(before)
		reference, rest, closed := strings.Cut(after, "}")
		if !closed {
			d.problem(at, key, "${ without a closing }; write $${ where no variable is meant")
			return "", false
		}
		content, found := d.refer(reference, at, key)
		ok = ok && found
		if d.settings != "" && content != "" {
			d.expanded[d.settings] = append(d.expanded[d.settings], Secret(content))
		}
		b.WriteString(content)
		text = rest
	}
}

// refer returns what one reference names. A reference that is none is not shown:
// it may be part of a secret with a dollar sign in it.
func (d *decoder) refer(reference string, at mark, key string) (string, bool) {
	if path, isFile := strings.CutPrefix(reference, "file:"); isFile {
		return d.referFile(path, at, key)
	}
	if !variable.MatchString(reference) {
		d.problem(at, key, "wants ${NAME} or ${file:/path}; write $${ where no variable is meant")
		return "", false
	}
	value, ok := d.lookup(reference)
	if !ok {
		d.problem(at, key, "the environment has no variable %s", reference)
	}
	return value, ok
}

// referFile returns the content of a secret's file without its closing line
// break, and warns when everybody on the machine may read it.
func (d *decoder) referFile(path string, at mark, key string) (string, bool) {
	if path == "" || strings.ContainsRune(path, 0) {
		d.problem(at, key, "${file:…} wants a path")
		return "", false
	}
	path = d.resolve(path, field{path: true})
	text, mode, err := readFile(path, secretLimit)
	if err != nil {
		d.problem(at, key, "read secret: %v", err)
		return "", false
	}
	if mode&readableByAll != 0 {
		d.warn(at, key, "everybody on this machine may read %s; take it away with chmod o-r", path)
	}
	content := strings.TrimSuffix(string(text), "\n")
	return strings.TrimSuffix(content, "\r"), true
}
