package conformance

import (
	"bufio"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"syscall"
)

// maxFirstLine is how much of a file is read to see what would run it; no system
// reads more.
const maxFirstLine = 4 << 10

// unrunnable says why the system cannot run an executable file, where the system's
// own words leave that open.
func unrunnable(program string, err error) error {
	why := ""
	switch {
	case errors.Is(err, syscall.ENOEXEC):
		why = wrongFormat(program)
	case errors.Is(err, fs.ErrNotExist):
		// The file itself is there: it is our own copy.
		if name := interpreter(program); name != "" {
			why = fmt.Sprintf("it asks for %s to run it, and that is not there", name)
		}
	}
	if why == "" {
		return fmt.Errorf("the system cannot run it: %w", err)
	}
	return fmt.Errorf("the system cannot run it: %s (%w)", why, err)
}

func wrongFormat(program string) string {
	head := firstLine(program)
	file, err := elf.Open(program)
	if err == nil {
		defer file.Close() //nolint:errcheck // Only read.
		return fmt.Sprintf("it is built for %s, this is %s on %s", machine(file.Machine), runtime.GOARCH, runtime.GOOS)
	}
	switch {
	case strings.HasPrefix(head, elf.ELFMAG):
		return "it is a damaged ELF file: build it again"
	case strings.HasPrefix(head, "MZ"):
		return "it is built for Windows, this is " + runtime.GOOS
	case strings.HasPrefix(head, "\xcf\xfa\xed\xfe"), strings.HasPrefix(head, "\xca\xfe\xba\xbe"):
		return "it is built for macOS, this is " + runtime.GOOS
	case head == "":
		return "it is empty"
	case !strings.HasPrefix(head, "#!"):
		return "it is no program of this system, and a script needs a first line that begins with #!"
	default:
		return ""
	}
}

// machine is the name that Go has for the machine of an ELF file, if it has one.
func machine(m elf.Machine) string {
	names := map[elf.Machine]string{
		elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64", elf.EM_386: "386", elf.EM_ARM: "arm", elf.EM_RISCV: "riscv64",
		elf.EM_S390: "s390x", elf.EM_LOONGARCH: "loong64", elf.EM_PPC64: "ppc64",
	}
	if name, ok := names[m]; ok {
		return name
	}
	return m.String()
}

// interpreter returns the program that runs this one: that of a script's first
// line, or the loader of an ELF file.
func interpreter(program string) string {
	if line, ok := strings.CutPrefix(firstLine(program), "#!"); ok {
		if words := strings.Fields(line); len(words) > 0 {
			name := words[0]
			if strings.HasSuffix(line, "\r") {
				name += `\r (its lines end as those of Windows)`
			}
			return name
		}
		return ""
	}
	file, err := elf.Open(program)
	if err != nil {
		return ""
	}
	defer file.Close() //nolint:errcheck // Only read.
	for _, p := range file.Progs {
		if p.Type == elf.PT_INTERP {
			name, _ := io.ReadAll(io.LimitReader(p.Open(), maxFirstLine)) // the beginning is as good
			return strings.TrimRight(string(name), "\x00")
		}
	}
	return ""
}

func firstLine(program string) string {
	file, err := os.Open(program) //nolint:gosec // The caller named it.
	if err != nil {
		return ""
	}
	defer file.Close()                                                              //nolint:errcheck // Only read.
	line, _ := bufio.NewReader(io.LimitReader(file, maxFirstLine)).ReadString('\n') // the end of a file ends a line
	return strings.TrimSuffix(line, "\n")
}
