package imevent_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
)

func TestEveryPublicNameHasARunnableExample(t *testing.T) {
	t.Parallel()
	public, examples := publicNames(t, ".")
	for name := range public {
		if !examples[name] {
			t.Errorf("no Example%s", name)
		}
	}
}

// publicNames returns the package's exported types, functions, methods and
// variables, and the names that its examples are about. Constants stand in the
// example of their type; UnmarshalJSON, which encoding/json calls, in that of
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
		if !ast.IsExported(part) || part == "UnmarshalJSON" {
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
