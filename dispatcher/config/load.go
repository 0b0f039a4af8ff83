package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
)

const (
	// fileLimit is how large a file may be; ten thousand apps fit in.
	fileLimit = 1 << 20
	// nestingLimit is how deep lists and maps may stand in each other.
	nestingLimit = 64
	// byteOrderMark is what some editors put before UTF-8.
	byteOrderMark = "\uFEFF"
)

// Lookup finds a variable of the environment, as [os.LookupEnv] does.
type Lookup func(name string) (value string, ok bool)

// Load reads the file at path and checks it. A nil lookup means [os.LookupEnv].
// When the file is wrong the error is [Problems], with every mistake in it; when
// it cannot be read it is that of the operating system.
func Load(path string, lookup Lookup) (*File, error) {
	text, mode, err := readFile(path, fileLimit)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	return parse(path, text, mode, lookup)
}

// Parse is [Load] for a text that has been read already. The name stands in
// messages, and its folder is what relative paths are relative to.
func Parse(name string, text []byte, lookup Lookup) (*File, error) {
	return parse(name, text, 0, lookup)
}

func parse(name string, text []byte, mode os.FileMode, lookup Lookup) (*File, error) {
	if lookup == nil {
		lookup = os.LookupEnv
	}
	d := &decoder{name: name, dir: filepath.Dir(name), lookup: lookup, marks: map[string]mark{}, expanded: map[string][]Secret{}}
	file := Default()
	file.Path = name
	if doc := d.document(text); doc != nil {
		d.decode(doc.Body, file)
		for name, p := range file.Plugins {
			p.Secrets = d.expanded["plugins."+name+".config"]
			file.Plugins[name] = p
		}
	}
	(&checker{decoder: d, file: file}).check()
	if len(d.problems) > 0 {
		d.problems.sort()
		return nil, d.problems
	}
	if mode&readableByAll != 0 && len(d.plainText) > 0 {
		d.warn(d.marks[d.plainText[0]], d.plainText[0], "stands in a file that everybody on this machine may read: take it away with chmod o-r, or use ${NAME} or ${file:/path}")
	}
	d.warnings.sort()
	file.Warnings = d.warnings
	return file, nil
}

// readFile reads a regular file of no more than limit bytes. Anything else could
// hold up the start for good, or never end. Its errors name the path and nothing
// of the content.
func readFile(path string, limit int64) (text []byte, mode os.FileMode, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, err //nolint:wrapcheck // it names the operation and the path
	}
	if !info.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("%s is not a regular file", path)
	}
	f, err := os.Open(filepath.Clean(path))
	if err != nil {
		return nil, 0, err //nolint:wrapcheck // it names the operation and the path
	}
	defer func() { _ = f.Close() }()
	text, err = io.ReadAll(io.LimitReader(f, limit+1))
	switch {
	case err != nil:
		return nil, 0, err //nolint:wrapcheck // it names the operation and the path
	case int64(len(text)) > limit:
		return nil, 0, fmt.Errorf("%s is larger than %s", path, Size(limit))
	case !utf8.Valid(text):
		return nil, 0, fmt.Errorf("%s is not text (UTF-8)", path)
	default:
		return text, info.Mode().Perm(), nil
	}
}

// document returns the file's one document; nil where there is none, or where the
// text is no YAML.
func (d *decoder) document(text []byte) *ast.DocumentNode {
	tokens := lexer.Tokenize(strings.TrimPrefix(string(text), byteOrderMark))
	if where, deep := tooDeep(tokens); deep {
		d.problem(where, "", "lists and maps stand more than %d deep in each other", nestingLimit)
		return nil
	}
	// Doubled keys are let through to be reported with everything else.
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		d.syntax(err)
		return nil
	}
	var only *ast.DocumentNode
	for _, doc := range file.Docs {
		switch {
		case doc.Body == nil:
		case only != nil:
			d.problem(place(doc.Body), "", "the file holds more than one document: take the second --- away")
		default:
			only = doc
		}
	}
	return only
}

// syntax reports what the parser stumbled over. The parser's full text quotes the
// file, where secrets may stand; its message alone does not.
func (d *decoder) syntax(err error) {
	var at yaml.Error
	if !errors.As(err, &at) {
		d.problem(mark{}, "", "not YAML")
		return
	}
	where := mark{}
	if tk := at.GetToken(); tk != nil && tk.Position != nil {
		where = mark{tk.Position.Line, tk.Position.Column}
	}
	d.problem(where, "", "not YAML: %s", at.GetMessage())
}
