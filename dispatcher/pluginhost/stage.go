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
	"runtime"
	"strings"
	"syscall"
)

// openProgram opens path, which must be an executable regular file.
func openProgram(path string) (*os.File, error) {
	f, err := openAtOnce(path)
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

// openAtOnce opens a file to read it, and waits for nobody: to open a named pipe
// takes until somebody writes to it.
func openAtOnce(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) //nolint:gosec,wrapcheck // The operator names it, and the caller wraps.
}

// hashProgram returns the SHA-256 of the program at path.
func hashProgram(path string) (string, error) {
	f, err := openProgram(path)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // Only read.
	return hashOf(f)
}

// hashOf returns the SHA-256 of what is left to read of f.
func hashOf(f *os.File) (string, error) {
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", fmt.Errorf("read %s: %w", f.Name(), err)
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
	return "no program for any known machine, or " + incompleteCopy
}

func thisPlatform() string { return runtime.GOOS + "/" + runtime.GOARCH }
