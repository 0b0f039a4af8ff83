package scaffold

import (
	"bytes"
	"embed"
	"fmt"
	"go/format"
	"path"
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

// names are the files that p needs beside those with handlers, and the template of
// each. Inside the repository a plugin has the module, the Makefile and the
// .gitignore of the whole.
func (p *Plan) names() map[string]string {
	names := map[string]string{"main.go": "main.go", "README.md": "README.md"}
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
	// Commands are those that it handles, and Families are the same by the files of
	// their handlers.
	Commands []binding
	Families []family
	// First is the command that examples send.
	First binding
	// SDKPath is the module that the SDK is in. Go.mod requires version Require of
	// it, replaced by the folder Replace unless that is empty, and states version Go
	// of the language.
	SDKPath, Require, Replace, Go string
}

func (p *Plan) page() page {
	v := page{
		Plan: p, Commands: p.commands, Families: familiesOf(p.commands), First: p.commands[0],
		Go: p.SDK.goVersion(), Require: p.SDK.Version, SDKPath: ModulePath,
	}
	if p.SDK.Path != "" {
		v.Require, v.Replace = unpublished, p.SDK.replacement(p.Dir)
	}
	return v
}

// unpublished is the version that the go command gives a replaced module.
const unpublished = "v0.0.0-00010101000000-000000000000"

// Divided reports whether the handlers stand in more than one file.
func (v page) Divided() bool { return len(v.Families) > 1 }

// chapter is what the templates of a file with handlers are given.
type chapter struct {
	family
	// SDKPath is the module that the SDK is in.
	SDKPath string
}

// render makes every file of p. An error is a mistake in the templates.
func (p *Plan) render() ([]file, error) {
	all, err := template.New("").ParseFS(templates, "templates/*.tmpl")
	if err != nil {
		return nil, fmt.Errorf("read the templates: %w", err)
	}
	var files []file
	add := func(name, source string, view any) {
		if err != nil {
			return
		}
		var f file
		f, err = fill(all, name, source, view)
		files = append(files, f)
	}
	view := p.page()
	for name, source := range p.names() {
		add(name, source, view)
	}
	if view.Divided() {
		add("handlers.go", "families.go", view)
	}
	for _, f := range view.Families {
		add(f.File(), "handlers.go", chapter{f, ModulePath})
		add(f.testFile(), "handlers_test.go", chapter{f, ModulePath})
	}
	return files, err
}

// fill makes the file called name of the template source.
func fill(all *template.Template, name, source string, view any) (file, error) {
	var text bytes.Buffer
	if err := all.ExecuteTemplate(&text, source+".tmpl", view); err != nil {
		return file{}, fmt.Errorf("fill in %s: %w", name, err)
	}
	if path.Ext(name) != ".go" {
		return file{name, text.Bytes()}, nil
	}
	formatted, err := format.Source(text.Bytes())
	if err != nil {
		return file{}, fmt.Errorf("format %s: %w", name, err)
	}
	return file{name, formatted}, nil
}

// quoted is for a name in a shell's command line.
func quoted(word string) string {
	if word != "" && !strings.ContainsFunc(word, func(r rune) bool { return !strings.ContainsRune(plainLetters, r) }) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

const plainLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/+:@%,="
