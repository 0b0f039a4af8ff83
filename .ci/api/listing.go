package main

import (
	"bytes"
	"fmt"
	"go/format"
	"go/types"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// listing writes what a package exports as Go: declarations without bodies, and
// structs whose unexported fields are one blank field that stands for all.
type listing struct {
	promise promise
	pkg     *types.Package
	module  string
	imports map[string]string // by name
	hidden  map[string]bool   // unexported types that an exported one is made of
	text    bytes.Buffer
	errs    []string
}

// list returns the listing of what is promised of a package.
func list(p promise, now *loaded) ([]byte, error) {
	pkg := now.current[p.pkg]
	l := &listing{promise: p, pkg: pkg, module: now.module, imports: map[string]string{}, hidden: map[string]bool{}}
	for _, name := range slices.Concat(p.only, p.opaque) {
		if pkg.Scope().Lookup(name) == nil {
			l.errs = append(l.errs, "there is no "+name)
		}
	}
	written := map[string]bool{}
	for _, name := range pkg.Scope().Names() {
		if o := pkg.Scope().Lookup(name); o.Exported() && p.keeps(name) {
			l.declare(o)
		}
	}
	for more := true; more; { // what a hidden type is made of may be hidden too
		more = false
		for _, name := range slices.Sorted(maps.Keys(l.hidden)) {
			if !written[name] {
				written[name], more = true, true
				l.declare(pkg.Scope().Lookup(name))
			}
		}
	}
	if len(l.errs) > 0 {
		return nil, fmt.Errorf("list %s: %s", pkg.Path(), strings.Join(l.errs, "; "))
	}
	var head bytes.Buffer
	fmt.Fprintf(&head, "// What plugins may use of this package, as it was accepted by make api-accept.\n\npackage %s\n\nimport (\n", pkg.Name())
	for _, name := range slices.Sorted(maps.Keys(l.imports)) {
		fmt.Fprintf(&head, "%s %q\n", name, l.imports[name])
	}
	head.WriteString(")\n\n")
	head.Write(l.text.Bytes())
	text, err := format.Source(head.Bytes())
	if err != nil {
		return nil, fmt.Errorf("format the listing of %s: %w", pkg.Path(), err)
	}
	return text, nil
}

// qualify names a package before a name, and notes that it is imported.
func (l *listing) qualify(p *types.Package) string {
	if p == l.pkg {
		return ""
	}
	if other, ok := l.imports[p.Name()]; ok && other != p.Path() {
		l.errs = append(l.errs, "two packages are called "+p.Name())
	}
	l.imports[p.Name()] = p.Path()
	return p.Name()
}

// typeText writes a type and notes the hidden ones in it.
func (l *listing) typeText(t types.Type) string {
	l.lookInto(t)
	return types.TypeString(t, l.qualify)
}

func (l *listing) declare(o types.Object) {
	switch o := o.(type) {
	case *types.Const:
		typed := ""
		if basic, ok := o.Type().(*types.Basic); !ok || basic.Info()&types.IsUntyped == 0 {
			typed = l.typeText(o.Type())
		}
		fmt.Fprintf(&l.text, "const %s %s = %s\n", o.Name(), typed, o.Val().ExactString())
	case *types.Var:
		fmt.Fprintf(&l.text, "var %s %s\n", o.Name(), l.typeText(o.Type()))
	case *types.Func:
		l.lookInto(o.Type())
		fmt.Fprintf(&l.text, "%s\n", types.ObjectString(o, func(p *types.Package) string { return l.qualify(p) }))
	case *types.TypeName:
		l.declareType(o)
	}
}

func (l *listing) declareType(o *types.TypeName) {
	if o.IsAlias() {
		target := o.Type()
		if alias, ok := target.(*types.Alias); ok {
			target = alias.Rhs()
		}
		fmt.Fprintf(&l.text, "\ntype %s = %s\n", o.Name(), l.typeText(target))
		return
	}
	named, ok := o.Type().(*types.Named)
	if !ok {
		l.errs = append(l.errs, o.Name()+" is a type of a kind that listings do not know")
		return
	}
	if slices.Contains(l.promise.opaque, o.Name()) {
		fmt.Fprintf(&l.text, "\ntype %s struct {\n_ [0]func() // nothing of it is promised but its name\n}\n", o.Name())
		return
	}
	fmt.Fprintf(&l.text, "\ntype %s%s %s\n", o.Name(), l.parameters(named), l.underlying(named.Underlying()))
	for m := range named.Methods() {
		if m.Exported() {
			signature := m.Signature()
			fmt.Fprintf(&l.text, "func (%s) %s%s\n", types.TypeString(signature.Recv().Type(), l.qualify), m.Name(),
				strings.TrimPrefix(l.typeText(signature), "func"))
		}
	}
}

func (l *listing) parameters(named *types.Named) string {
	if named.TypeParams().Len() == 0 {
		return ""
	}
	var all []string
	for p := range named.TypeParams().TypeParams() {
		all = append(all, p.Obj().Name()+" "+l.typeText(p.Constraint()))
	}
	return "[" + strings.Join(all, ", ") + "]"
}

// underlying writes structs and interfaces a line a member, for reviewers.
func (l *listing) underlying(t types.Type) string {
	s, ok := t.(*types.Struct)
	if !ok {
		text := l.typeText(t)
		if _, ok := t.(*types.Interface); ok {
			text = strings.NewReplacer("interface{", "interface{\n", "; ", "\n", "}", "\n}").Replace(text)
		}
		return text
	}
	var b strings.Builder
	b.WriteString("struct {\n")
	blank, compared := false, true
	for i := range s.NumFields() {
		f := s.Field(i)
		if !f.Exported() && !f.Embedded() {
			blank = true
			compared = compared && types.Comparable(f.Type())
			continue
		}
		name := f.Name() + " "
		if f.Embedded() {
			name = ""
		}
		fmt.Fprintf(&b, "%s%s %s\n", name, l.typeText(f.Type()), quoted(s.Tag(i)))
	}
	switch {
	case blank && compared:
		b.WriteString("_ struct{} // unexported fields\n")
	case blank:
		b.WriteString("_ [0]func() // unexported fields, not comparable\n")
	}
	b.WriteString("}")
	return b.String()
}

func quoted(tag string) string {
	if tag == "" {
		return ""
	}
	return strconv.Quote(tag)
}

// lookInto notes the unexported types of the package that t is made of, and
// complains of those of our other packages that nothing promises.
func (l *listing) lookInto(t types.Type) {
	if named, ok := t.(interface{ Obj() *types.TypeName }); ok { // an alias too
		switch o := named.Obj(); {
		case o.Pkg() == l.pkg && !o.Exported():
			l.hidden[o.Name()] = true
		case o.Pkg() != nil && o.Pkg() != l.pkg && !l.isStable(o):
			l.errs = append(l.errs, fmt.Sprintf("it hands out %s.%s, which is not promised", o.Pkg().Path(), o.Name()))
		}
	}
	for _, part := range parts(t) {
		l.lookInto(part)
	}
}

// isStable reports whether a name is not ours, or promised.
func (l *listing) isStable(o *types.TypeName) bool {
	path, ours := strings.CutPrefix(o.Pkg().Path(), l.module+"/")
	return !ours || slices.ContainsFunc(promised(), func(p promise) bool { return p.pkg == path && p.keeps(o.Name()) })
}

// parts returns the types that t is written with.
func parts(t types.Type) []types.Type {
	var all []types.Type
	switch t := t.(type) {
	case *types.Named:
		all = slices.Collect(t.TypeArgs().Types())
	case *types.Map:
		all = []types.Type{t.Key(), t.Elem()}
	case interface{ Elem() types.Type }: // pointer, slice, array, channel
		all = []types.Type{t.Elem()}
	case *types.Signature:
		all = []types.Type{t.Params(), t.Results()}
	case *types.Tuple:
		for v := range t.Variables() {
			all = append(all, v.Type())
		}
	case *types.Struct:
		for f := range t.Fields() {
			all = append(all, f.Type())
		}
	case *types.Interface:
		all = slices.Collect(t.EmbeddedTypes())
		for m := range t.ExplicitMethods() {
			all = append(all, m.Type())
		}
	}
	return all
}
