package scaffold

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// Source is where a plugin's module gets the SDK from: one of the two.
type Source struct {
	// Version is a published version, such as v0.1.0.
	Version string
	// Path is the folder of a checkout, as it stands in the replace directive when
	// it is absolute.
	Path string
	// typed is the folder as the user gave it, which is relative to the working
	// directory.
	typed string
}

// String names the source for a person.
func (s Source) String() string {
	if s.Path == "" {
		return s.Version
	}
	return s.Path
}

var (
	version = regexp.MustCompile(`^v[0-9]+\.[0-9]+\.[0-9]+`)
	release = regexp.MustCompile(`^v[0-9]+\.[0-9]+\.[0-9]+(-(alpha|beta|rc)[0-9.]*)?$`)

	moduleLine = regexp.MustCompile(`(?m)^module\s+(\S+)`)
	goLine     = regexp.MustCompile(`(?m)^go\s+(\S+)`)
)

// findSource finds the SDK that is wanted, or the one that is at hand.
func findSource(wanted, running string) (Source, error) {
	switch {
	case version.MatchString(wanted):
		return Source{Version: wanted}, nil
	case wanted != "":
		return checkout(wanted)
	case release.MatchString(running):
		return Source{Version: running}, nil
	}
	_, file, _, _ := runtime.Caller(0)
	program, _ := os.Executable() // empty where the system does not tell
	return birthplace(file, program)
}

// birthplace finds the checkout that this program was built from: the one that
// holds file, as the compiler recorded its name, or the one that the program lies
// in. A build with -trimpath records no folder.
func birthplace(file, program string) (Source, error) {
	for _, path := range []string{file, program} {
		if !filepath.IsAbs(path) {
			continue
		}
		if root, ours, err := repository(filepath.Dir(path)); err == nil && ours {
			return Source{Path: root, typed: root}, nil
		}
	}
	lost := "does not know the checkout it was built from (go build -trimpath keeps no record of it)"
	if filepath.IsAbs(file) {
		lost = "does not find the checkout it was built from: " + filepath.Dir(file) + " is no part of one any more"
	}
	return Source{}, fmt.Errorf("this switchhook is no release, and %s: "+
		"say where the SDK is, with --sdk PATH (the folder of a checkout of %s) or --sdk VERSION (such as v0.1.0)", lost, ModulePath)
}

// checkout checks that path is the root of this module.
func checkout(path string) (Source, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return Source{}, fmt.Errorf("resolve --sdk %s: %w", path, err)
	}
	name, err := moduleOf(full)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return Source{}, fmt.Errorf("--sdk %s: there is no go.mod; give the folder of a checkout of %s, or a version such as v0.1.0", path, ModulePath)
	case err != nil:
		return Source{}, fmt.Errorf("--sdk %s: %w", path, err)
	case name != ModulePath:
		return Source{}, fmt.Errorf("--sdk %s: that is module %s; give the folder of a checkout of %s, or a version such as v0.1.0", path, name, ModulePath)
	}
	return Source{Path: full, typed: path}, nil
}

// replacement is the checkout as the go.mod in dir names it: relative where the
// user's word was, and quoted where it needs to be.
func (s Source) replacement(dir string) string {
	path := s.pathFrom(dir)
	if strings.ContainsAny(path, " \t\"'`(),") || strings.Contains(path, "//") {
		return strconv.Quote(path)
	}
	return path
}

func (s Source) pathFrom(dir string) string {
	if filepath.IsAbs(s.typed) {
		return s.Path
	}
	full, err := filepath.Abs(dir)
	if err != nil {
		return s.Path
	}
	relative, err := filepath.Rel(full, s.Path)
	if err != nil {
		return s.Path
	}
	relative = filepath.ToSlash(relative)
	if !strings.HasPrefix(relative, "../") {
		relative = "./" + relative
	}
	return relative
}

// repository finds the module that start is in, or would be in if it existed, and
// reports whether it is this one.
func repository(start string) (root string, ours bool, err error) {
	dir, err := filepath.Abs(start)
	if err != nil {
		return "", false, fmt.Errorf("resolve %s: %w", start, err)
	}
	for {
		name, err := moduleOf(dir)
		switch {
		case err == nil:
			return dir, name == ModulePath, nil
		case !errors.Is(err, os.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR):
			return "", false, err
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", false, nil
		}
		dir = parent
	}
}

// moduleOf reads the name of the module whose root is dir.
func moduleOf(dir string) (string, error) {
	text, err := os.ReadFile(filepath.Join(dir, "go.mod")) //nolint:gosec // The user names the folder, or one inside it.
	if err != nil {
		return "", fmt.Errorf("read go.mod: %w", err)
	}
	if m := moduleLine.FindSubmatch(text); m != nil {
		return strings.Trim(string(m[1]), `"`), nil
	}
	return "", nil
}
