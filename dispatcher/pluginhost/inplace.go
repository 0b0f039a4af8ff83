package pluginhost

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// parseFiles reads the pins of the files beside a program that runs in place.
func parseFiles(c PluginConfig) (map[string]string, error) {
	if len(c.Files) == 0 {
		return nil, nil //nolint:nilnil // No pins are no error.
	}
	if !c.InPlace {
		return nil, errors.New("files pins what lies beside a program that runs in place: set in_place: true, or leave files out")
	}
	files := make(map[string]string, len(c.Files))
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(c.Files)) {
		pin, err := parsePin(c.Files[name])
		switch {
		case !filepath.IsLocal(name):
			err = fmt.Errorf("files: %q must be a path below the program's directory, without .. and without a leading slash", name)
		case err != nil:
			err = fmt.Errorf("files: %s: %w", name, err)
		case pin == "":
			err = fmt.Errorf("files: %s needs the sha256 that it must have (sha256sum prints it)", name)
		}
		files[filepath.Clean(name)] = pin
		problems = append(problems, err)
	}
	return files, errors.Join(problems...)
}

// stay returns the program that runs where it lies, when all its pins hold. Between
// this and the start, whoever may write there can exchange it.
func (p plan) stay() (program, error) {
	sum, err := hashProgram(p.path)
	if err != nil {
		return program{}, err
	}
	problems := []error{checkPin(p, sum)}
	for _, name := range slices.Sorted(maps.Keys(p.files)) {
		problems = append(problems, p.checkFile(name))
	}
	if err := errors.Join(problems...); err != nil {
		return program{}, refuse(exitChecksum, "%w", err)
	}
	return program{path: p.path, sha256: sum, file: p.path, inPlace: true}, nil
}

// unmoved checks that prog is what it was. Of a program that runs in place there is
// no other copy that could be run instead.
func (p plan) unmoved(prog program) error {
	now, err := p.stay()
	if err != nil {
		return err
	}
	if now.sha256 != prog.sha256 {
		return refuse(exitChecksum, "%s changed while it was in use (its sha256 was %s and is %s), and it runs in place: "+
			"`switchhook plugin reload %s` takes it up, or put the old one back", p.path, prog.sha256, now.sha256, p.name)
	}
	return nil
}

// checkFile checks one pinned file.
func (p plan) checkFile(name string) error {
	path, pin := filepath.Join(filepath.Dir(p.path), name), p.files[name]
	got, err := hashFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s is missing, and plugins.%s.files pins it to %s: put it back, or take it out of files", path, p.name, pin)
	case err != nil:
		return fmt.Errorf("plugins.%s.files pins %s, which cannot be read: %w", p.name, path, err)
	case got != pin:
		return fmt.Errorf("the sha256 of %s is %s, and plugins.%s.files pins %s: "+
			"put the file back, or change the pin if the new one is meant", path, got, p.name, pin)
	}
	return nil
}

// hashFile returns the SHA-256 of a regular file.
func hashFile(path string) (string, error) {
	if info, err := os.Stat(path); err != nil {
		return "", err //nolint:wrapcheck // Wrapped by the caller.
	} else if !info.Mode().IsRegular() {
		return "", errors.New("it is not a regular file")
	}
	f, err := openAtOnce(path)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // Only read.
	return hashOf(f)
}
