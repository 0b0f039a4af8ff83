package pluginhost

import (
	"crypto/sha256"
	"debug/elf"
	"debug/macho"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// staged is a program made ready to run: a private copy, and the hash of what
// was copied.
type staged struct {
	dir    string // 0700, holds the copy alone
	file   string
	sha256 string
}

// stage copies the plan's program into a new private directory below root and
// checks its hash on the way. What is executed later is the copy, so nobody can
// exchange the program between the check and the start.
func stage(root string, p plan) (staged, error) {
	src, err := openProgram(p.path)
	if err != nil {
		return staged{}, err
	}
	defer src.Close() //nolint:errcheck // Only read.

	dir, err := os.MkdirTemp(root, dirPattern)
	if err != nil {
		return staged{}, fmt.Errorf("make a directory for the copy: %w", err)
	}
	s := staged{dir: dir, file: filepath.Join(dir, p.name)}
	if s.sha256, err = copyProgram(s.file, src); err == nil {
		err = checkPin(p, s.sha256)
	}
	if err != nil {
		s.remove()
		return staged{}, err
	}
	return s, nil
}

func (s staged) remove() {
	os.RemoveAll(s.dir) //nolint:errcheck,gosec // Swept at the next start if it stays.
}

// openProgram opens path, which must be an executable regular file.
func openProgram(path string) (*os.File, error) {
	f, err := os.Open(path) //nolint:gosec // The operator names it.
	if errors.Is(err, fs.ErrNotExist) {
		return nil, refuse(exitStart, "the program is missing: %w", err)
	}
	if err != nil {
		return nil, refuse(exitStart, "open the program: %w", err)
	}
	info, err := f.Stat()
	switch {
	case err != nil:
		err = refuse(exitStart, "look at the program: %w", err)
	case !info.Mode().IsRegular():
		err = refuse(exitStart, "%s is not a regular file", path)
	case info.Mode().Perm()&0o111 == 0:
		err = refuse(exitStart, "%s is not executable (mode %s): chmod +x %[1]s", path, info.Mode().Perm())
	default:
		return f, nil
	}
	f.Close() //nolint:errcheck,gosec // Only read.
	return nil, err
}

// copyProgram writes src to a new file and returns the SHA-256 of what it wrote.
func copyProgram(file string, src io.Reader) (string, error) {
	dst, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o500) //nolint:gosec // A program is executable.
	if err != nil {
		return "", fmt.Errorf("make the private copy: %w", err)
	}
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(dst, sum), src)
	if err = errors.Join(err, dst.Close()); err != nil {
		return "", fmt.Errorf("write the private copy: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// hashProgram returns the SHA-256 of the program at path.
func hashProgram(path string) (string, error) {
	f, err := openProgram(path)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // Only read.
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func checkPin(p plan, got string) error {
	if p.pin == "" || p.pin == got {
		return nil
	}
	return refuse(exitChecksum, "the sha256 of %s is %s, and plugins.%s.sha256 pins %s: "+
		"put the program back, or change the pin if the new one is meant", p.path, got, p.name, p.pin)
}

// parsePin reads a pin as it stands in a configuration.
func parsePin(pin string) (string, error) {
	pin = strings.TrimPrefix(strings.ToLower(strings.TrimSpace(pin)), "sha256:")
	if raw, err := hex.DecodeString(pin); pin != "" && (err != nil || len(raw) != sha256.Size) {
		return "", fmt.Errorf("sha256 %q is not 64 hexadecimal digits", pin)
	}
	return pin, nil
}

// platformOf says what kind of machine a program was built for, or nothing.
func platformOf(file string) string {
	if f, err := elf.Open(file); err == nil {
		defer f.Close() //nolint:errcheck // Only read.
		return "an ELF program for " + strings.ToLower(strings.TrimPrefix(f.Machine.String(), "EM_"))
	}
	if f, err := macho.Open(file); err == nil {
		defer f.Close() //nolint:errcheck // Only read.
		return "a Mach-O program for " + strings.ToLower(strings.TrimPrefix(f.Cpu.String(), "Cpu"))
	}
	return "no program for any known machine"
}

func thisPlatform() string { return runtime.GOOS + "/" + runtime.GOARCH }
