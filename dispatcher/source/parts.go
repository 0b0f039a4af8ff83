package source

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// part is what the go command says of a package of the program.
type part struct {
	Dir        string   `json:"Dir"` // empty when there is no such package yet
	ImportPath string   `json:"ImportPath"`
	Name       string   `json:"Name"`
	EmbedFiles []string `json:"EmbedFiles"`
	Standard   bool     `json:"Standard"`
	DepOnly    bool     `json:"DepOnly"` // not the program's own package
	Module     *module  `json:"Module"`
}

// module is the one that a part belongs to.
type module struct {
	Path    string `json:"Path"`
	Dir     string `json:"Dir"`
	GoMod   string `json:"GoMod"`
	Main    bool   `json:"Main"` // the plugin's own, or one of its workspace
	Replace *struct {
		Version string `json:"Version"`
	} `json:"Replace"`
}

// written reports whether an author may write to the part: it belongs to the
// plugin's module, to its workspace, or to a checkout that a replace directive
// names. All others come with Go or lie in the module cache, which is read-only.
func (p *part) written() bool {
	m := p.Module
	return !p.Standard && p.Dir != "" && (m == nil || m.Main || m.Replace != nil && m.Replace.Version == "")
}

// find finds out what the program is made of, and returns the name of its own
// package. When the go command cannot say, what was found before stays.
func (t *Tree) find(ctx context.Context) (name string, err error) {
	parts, err := t.parts(ctx)
	if err != nil {
		return "", err
	}
	t.sources, t.embeds, t.modules = []string{t.dir}, nil, nil
	roots := make(map[string]string)
	for _, p := range parts {
		if !p.DepOnly {
			name = p.Name
		}
		if !p.written() {
			continue
		}
		t.sources = append(t.sources, p.Dir)
		for _, file := range p.EmbedFiles {
			t.embeds = append(t.embeds, filepath.Dir(filepath.Join(p.Dir, filepath.FromSlash(file))))
		}
		if p.Module != nil {
			t.modules = append(t.modules, p.Module.GoMod)
			roots[p.Module.Path] = p.Module.Dir
		}
	}
	for _, p := range parts {
		if dir, ok := home(p.ImportPath, roots); ok && p.Dir == "" {
			t.sources = append(t.sources, dir)
		}
	}
	for _, list := range []*[]string{&t.sources, &t.embeds, &t.modules} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return name, nil
}

// home is where a package will lie that is imported and not yet written: roots
// has the directories of the modules by their paths.
func home(importPath string, roots map[string]string) (dir string, ok bool) {
	best := ""
	for path, root := range roots {
		if below, inside := strings.CutPrefix(importPath, path+"/"); inside && len(path) > len(best) {
			best, dir = path, filepath.Join(root, filepath.FromSlash(below))
		}
	}
	return dir, best != ""
}

// parts lists the packages of the program, mistaken and missing ones included.
func (t *Tree) parts(ctx context.Context) ([]part, error) {
	out, err := t.command(ctx, "list", "-e", "-deps", "-json=Dir,ImportPath,Name,EmbedFiles,Standard,DepOnly,Module", ".").Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil, fmt.Errorf("go list: %w: %s", err, bytes.TrimSpace(exit.Stderr))
	}
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	var all []part
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p part
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read what go list says: %w", err)
		}
		all = append(all, p)
	}
}
