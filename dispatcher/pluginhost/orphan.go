package pluginhost

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// orphans returns plans for the plugins that have a stored description and that
// none of plans runs. A decision that such a plugin claims is not a decision that
// nobody claims: forgotten with the program, its commands would be let through
// without a word. So it stays known, as failed, until the operator removes the
// description.
func (h *Host) orphans(dir string, plans []plan) ([]plan, error) {
	names, err := h.store.names()
	if err != nil {
		return nil, err
	}
	known := make(map[string]bool, len(plans))
	for _, p := range plans {
		known[p.name] = true
	}
	var orphans []plan
	for _, name := range names {
		if known[name] {
			continue
		}
		path := filepath.Join(dir, name)
		r, ok := h.recall(name)
		if ok && !r.served() {
			continue // it never claimed anything
		}
		if ok && r.Path != "" {
			path = r.Path
		}
		p := plan{name: name, path: path, mtls: MTLSAuto}
		p.orphaned = explainOrphan(path, name, h.store.file(name))
		orphans = append(orphans, p)
	}
	return orphans, nil
}

// explainOrphan says why a plugin has no program to run, and what cures it.
func explainOrphan(path, name, record string) error {
	what, cure := "is neither in the plugin directory nor named under plugins:", "name it there"
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		what, cure = "is missing", "put it back"
	case err != nil:
		what, cure = fmt.Sprintf("cannot be looked at (%v)", err), "put it back"
	case !executable(info):
		what, cure = "is not an executable file", "make it one (chmod +x)"
	}
	return fmt.Errorf("the program %s %s; %s, name %s under plugins: with enabled: false to keep its claims without "+
		"running it, or remove %s to forget its claims", path, what, cure, name, record)
}

// executable reports whether a file can be a plugin's program.
func executable(info fs.FileInfo) bool {
	return info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}
