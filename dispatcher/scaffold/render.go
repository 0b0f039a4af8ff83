package scaffold

import (
	"bytes"
	"embed"
	"fmt"
	"go/format"
	"path"
	"slices"
	"strings"
	"text/template"
)

// templates are the files of a plugin, each under its name there and ".tmpl".
//
//go:embed templates
var templates embed.FS

// file is one that is ready to be written.
type file struct {
	name string
	text []byte
}

// names are the files that p needs. Inside the repository a plugin has the
// module, the Makefile and the .gitignore of the whole.
func (p *Plan) names() map[string]string {
	names := map[string]string{
		"main.go": "main.go", "handlers.go": "handlers.go", "handlers_test.go": "handlers_test.go",
		"README.md": "README.md",
	}
	if p.Module == "" {
		names["README.md"] = "README-inside.md"
		return names
	}
	names["Makefile"], names[".gitignore"], names["go.mod"] = "Makefile", "gitignore", "go.mod"
	return names
}

// page is what the templates are given.
type page struct {
	*Plan
	// Commands are those that it handles.
	Commands []binding
	// First is the command that examples send.
	First binding
	// SDKPath is the module that the SDK is in. Go.mod requires version Require of
	// it, replaced by the folder Replace unless that is empty, and states version Go
	// of the language.
	SDKPath, Require, Replace, Go string
}

func (p *Plan) page() page {
	v := page{Plan: p, Commands: p.commands, First: p.commands[0], Go: p.SDK.goVersion(), Require: p.SDK.Version, SDKPath: ModulePath}
	if p.SDK.Path != "" {
		v.Require, v.Replace = unpublished, p.SDK.replacement(p.Dir)
	}
	return v
}

// unpublished is the version that the go command gives a replaced module.
const unpublished = "v0.0.0-00010101000000-000000000000"

// AnyTyped reports whether one of the commands has an event type.
func (v page) AnyTyped() bool { return v.any(func(b binding) bool { return b.Typed }) }

// AnySampled reports whether one of the commands has a sample.
func (v page) AnySampled() bool { return v.any(func(b binding) bool { return b.Sampled }) }

func (v page) any(is func(binding) bool) bool { return slices.ContainsFunc(v.Commands, is) }

// render makes every file of p. An error is a mistake in the templates.
func (p *Plan) render() ([]file, error) {
	all, err := template.New("").ParseFS(templates, "templates/*.tmpl")
	if err != nil {
		return nil, fmt.Errorf("read the templates: %w", err)
	}
	view := p.page()
	var files []file
	for name, source := range p.names() {
		var text bytes.Buffer
		if err := all.ExecuteTemplate(&text, source+".tmpl", view); err != nil {
			return nil, fmt.Errorf("fill in %s: %w", name, err)
		}
		f := file{name: name, text: text.Bytes()}
		if path.Ext(name) == ".go" {
			if f.text, err = format.Source(f.text); err != nil {
				return nil, fmt.Errorf("format %s: %w", name, err)
			}
		}
		files = append(files, f)
	}
	return files, nil
}

// quoted is for a name in a shell's command line.
func quoted(word string) string {
	if word != "" && !strings.ContainsFunc(word, func(r rune) bool { return !strings.ContainsRune(plainLetters, r) }) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

const plainLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/+:@%,="
