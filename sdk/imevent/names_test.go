package imevent_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/sdk/imevent"
)

func TestEveryPublicNameHasARunnableExample(t *testing.T) {
	t.Parallel()
	public, examples := publicNames(t, ".")
	data := dataNames()
	for name := range public {
		if !examples[name] && !data[strings.TrimSuffix(name, "_Kind")] {
			t.Errorf("no Example%s", name)
		}
	}
}

// dataNames are the commands, and the structs that only hold what Tencent sends:
// their examples are the samples, which docs/commands.md leads to.
func dataNames() map[string]bool {
	data := make(map[string]bool)
	var add func(reflect.Type)
	add = func(t reflect.Type) {
		if t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct || data[t.Name()] {
			return
		}
		if _, object := t.FieldByName("Object"); object {
			data[t.Name()] = true
			for f := range t.Fields() {
				add(f.Type)
			}
		}
	}
	for _, typing := range imevent.Typings() {
		data[typing.Name] = true
		add(typing.Event)
	}
	for _, content := range []any{
		imevent.TextElem{},
		imevent.CustomElem{},
		imevent.FaceElem{},
		imevent.LocationElem{},
		imevent.SoundElem{},
		imevent.ImageElem{},
		imevent.FileElem{},
		imevent.VideoFileElem{},
		imevent.RelayElem{},
	} {
		add(reflect.TypeOf(content))
	}
	delete(data, "Element") // has more to it
	return data
}

// publicNames returns the package's exported types, functions, methods and
// variables, and the names that its examples are about. Constants stand in the
// example of their type; the methods that encoding/json calls, in that of
// the event.
func publicNames(t *testing.T, dir string) (public, examples map[string]bool) {
	t.Helper()
	public, examples = make(map[string]bool), make(map[string]bool)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), dir+"/"+entry.Name(), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			for _, name := range namesOf(decl) {
				if example, ok := strings.CutPrefix(name, "Example"); ok {
					examples[example] = true
				} else if !strings.HasSuffix(entry.Name(), "_test.go") && exported(name) {
					public[name] = true
				}
			}
		}
	}
	return public, examples
}

// exported reports whether each part of a name such as Type_Method is.
func exported(name string) bool {
	for part := range strings.SplitSeq(name, "_") {
		if !ast.IsExported(part) || part == "UnmarshalJSON" || part == "MarshalJSON" {
			return false
		}
	}
	return true
}

// namesOf returns what a declaration names, a method as Type_Method.
func namesOf(decl ast.Decl) (names []string) {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		name := d.Name.Name
		if d.Recv != nil {
			receiver := d.Recv.List[0].Type
			if star, ok := receiver.(*ast.StarExpr); ok {
				receiver = star.X
			}
			switch generic := receiver.(type) {
			case *ast.IndexExpr:
				receiver = generic.X
			case *ast.IndexListExpr:
				receiver = generic.X
			}
			name = receiver.(*ast.Ident).Name + "_" + name
		}
		names = append(names, name)
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				names = append(names, s.Name.Name)
			case *ast.ValueSpec:
				for _, name := range s.Names {
					if d.Tok == token.VAR {
						names = append(names, name.Name)
					}
				}
			}
		}
	}
	return names
}
