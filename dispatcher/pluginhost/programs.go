package pluginhost

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/switchhook/switchhook/dispatcher/durable"
)

// program is what a plugin's processes execute: a copy that the gateway keeps for
// itself, or the operator's own file where the plugin runs in place.
type program struct {
	path    string // the operator's file
	sha256  string // of what is executed
	file    string // what is executed
	inPlace bool
}

const (
	// unfinished marks a copy under way. A power cut leaves nothing but such a file.
	unfinished = ".new-"
	// A plugin may run as another user, who has to get through to its program and
	// needs to see nothing on the way.
	keptDirMode  = 0o711
	keptFileMode = 0o555
)

// programs is the directory of the plugin's kept copies, each in a directory called
// as its hash.
func (s store) programs(plugin string) string { return filepath.Join(s.root, plugin, "programs") }

func (s store) keptFile(plugin, sum string) string {
	return filepath.Join(s.programs(plugin), sum, plugin)
}

// stage makes the plan's program ready to run as its file is now, and checks its
// pin. What is executed later is the kept copy, so nobody can exchange the program
// between the check and the start, and a restart runs what ran before.
func (s store) stage(p plan) (program, error) {
	if p.inPlace {
		return p.stay()
	}
	src, err := openProgram(p.path)
	if err != nil {
		return program{}, err
	}
	defer src.Close() //nolint:errcheck // Only read.
	sum, err := hashOf(src)
	if err != nil {
		return program{}, err
	}
	if err := checkPin(p, sum); err != nil {
		return program{}, err
	}
	if prog, err := s.kept(p.name, sum); err == nil {
		prog.path = p.path
		return prog, nil
	}
	if _, err := src.Seek(0, io.SeekStart); err != nil {
		return program{}, fmt.Errorf("read the program again: %w", err)
	}
	if err := s.keep(p, sum, src); err != nil {
		return program{}, err
	}
	return program{path: p.path, sha256: sum, file: s.keptFile(p.name, sum)}, nil
}

// kept returns the copy that is kept of the plugin's program with that hash. The
// copy is hashed again: it must run under no other's name.
func (s store) kept(plugin, sum string) (program, error) {
	if parsed, err := parsePin(sum); err != nil || parsed == "" || parsed != sum {
		return program{}, fmt.Errorf("no copy of a program is kept under sha256 %q", sum)
	}
	file := s.keptFile(plugin, sum)
	got, err := hashProgram(file)
	if errors.Is(err, fs.ErrNotExist) {
		return program{}, fmt.Errorf("no copy of the program with sha256 %s is kept: %w", sum, err)
	}
	if err != nil {
		return program{}, fmt.Errorf("look at the kept copy: %w", err)
	}
	if got != sum {
		return program{}, fmt.Errorf("the kept copy %s was changed: its sha256 is %s", file, got)
	}
	return program{sha256: sum, file: file}, nil
}

// recheck makes sure, before each start, that prog is still what it was when it was
// made ready. A damaged copy is made again from the operator's file, if that has
// not changed.
func (s store) recheck(p plan, prog program) error {
	if prog.inPlace {
		return p.unmoved(prog)
	}
	_, damage := s.kept(p.name, prog.sha256)
	if damage == nil {
		return nil
	}
	if sum, err := hashProgram(p.path); err == nil && sum == prog.sha256 {
		_, err := s.stage(p)
		return err
	}
	return refuse(exitChecksum, "%w; `switchhook plugin reload %s` runs %s as it is now", damage, p.name, p.path)
}

// keep copies src, which had that hash, to where kept finds it.
func (s store) keep(p plan, sum string, src io.Reader) error {
	root := s.programs(p.name)
	if err := passable(root); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(root, unfinished+"*")
	if err != nil {
		return fmt.Errorf("make the private copy: %w", err)
	}
	copied, err := copyProgram(tmp, src)
	if err == nil && copied != sum {
		err = fmt.Errorf("the program %s changed while it was read: it is tried again", p.path)
	}
	if err == nil {
		err = s.settle(tmp.Name(), p.name, sum)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return nil
}

// copyProgram writes src to dst, makes it durable, and returns the SHA-256 of what
// it wrote.
func copyProgram(dst *os.File, src io.Reader) (string, error) {
	sum := sha256.New()
	_, err := io.Copy(io.MultiWriter(dst, sum), src)
	if err == nil {
		err = dst.Chmod(keptFileMode)
	}
	if err == nil {
		err = dst.Sync()
	}
	if err = errors.Join(err, dst.Close()); err != nil {
		return "", fmt.Errorf("write the private copy: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// settle gives a whole copy its name, in place of a damaged one too.
func (s store) settle(tmp, plugin, sum string) error {
	file := s.keptFile(plugin, sum)
	if err := passable(filepath.Dir(file)); err != nil {
		return err
	}
	if err := os.Rename(tmp, file); err != nil {
		return fmt.Errorf("keep the private copy: %w", err)
	}
	for _, dir := range []string{filepath.Dir(file), s.programs(plugin)} {
		if err := durable.SyncDir(dir); err != nil {
			return fmt.Errorf("keep the private copy: %w", err)
		}
	}
	return nil
}

// prune removes the copies of the plugin's programs but those to keep. What runs
// already goes on running.
func (s store) prune(plugin string, keep ...string) error {
	entries, err := os.ReadDir(s.programs(plugin))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for kept copies: %w", err)
	}
	var problems []error
	for _, e := range entries {
		if e.IsDir() && !slices.Contains(keep, e.Name()) {
			problems = append(problems, os.RemoveAll(filepath.Join(s.programs(plugin), e.Name())))
		}
	}
	return errors.Join(problems...)
}

// sweep removes what an earlier gateway left behind: copies that were never
// finished, and those that no record speaks of. A record that cannot be read speaks
// of all.
func (s store) sweep() error {
	entries, err := os.ReadDir(s.root)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("sweep the kept copies: %w", err)
	}
	var problems []error
	for _, e := range entries {
		if e.IsDir() && validName(e.Name()) {
			problems = append(problems, s.sweepPlugin(e.Name()))
		}
	}
	return errors.Join(problems...)
}

func (s store) sweepPlugin(plugin string) error {
	entries, err := os.ReadDir(s.programs(plugin))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("sweep the kept copies: %w", err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), unfinished) {
			continue
		}
		if err := os.Remove(filepath.Join(s.programs(plugin), e.Name())); err != nil {
			return fmt.Errorf("sweep the kept copies: %w", err)
		}
	}
	r, _, err := s.load(plugin)
	if err != nil {
		return nil //nolint:nilerr // See sweep; whoever needs the record says what is wrong with it.
	}
	return s.prune(plugin, r.kept()...)
}

// passable makes a directory that others may go through and not read, whatever the
// umask is.
func passable(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make a directory for the copy: %w", err)
	}
	if err := os.Chmod(dir, keptDirMode); err != nil {
		return fmt.Errorf("make a directory for the copy: %w", err)
	}
	return nil
}
