package apptest

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Processes returns the process ids of the gateway's children and of whatever works
// below its data directory, as plugins and their children do. It finds them on Linux
// alone.
func (g *Gateway) Processes() (found []int) {
	links, _ := filepath.Glob("/proc/[0-9]*/cwd") // the pattern is well-formed
	for _, link := range links {
		proc := filepath.Dir(link)
		pid, err := strconv.Atoi(filepath.Base(proc))
		if err != nil {
			continue
		}
		dir, _ := os.Readlink(link) // of a process that has just ended, nothing
		if strings.HasPrefix(dir, g.Path("data")+"/") || g.Process != nil && !g.Ended() && parent(proc) == g.PID() {
			found = append(found, pid)
		}
	}
	return found
}

// parent returns the parent of a process, or 0.
func parent(proc string) int {
	stat, _ := os.ReadFile(filepath.Join(proc, "stat")) //nolint:gosec // of a process that has just ended, nothing
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 2 {
		return 0
	}
	pid, _ := strconv.Atoi(fields[1]) // else 0
	return pid
}

// Walk visits all that lies in the data directory. What goes away meanwhile is no
// mistake.
func (g *Gateway) Walk(visit func(path string, d fs.DirEntry)) {
	_ = filepath.WalkDir(g.Path("data"), func(path string, d fs.DirEntry, err error) error {
		if err == nil {
			visit(path, d)
		}
		return nil
	})
}

// Litter returns what a gateway that has ended may not leave behind.
func (g *Gateway) Litter() (left []string) {
	g.Walk(func(path string, d fs.DirEntry) {
		if d.Type()&fs.ModeSocket != 0 || strings.HasPrefix(d.Name(), "p-") || strings.HasPrefix(d.Name(), ".new-") {
			left = append(left, path)
		}
	})
	more, _ := filepath.Glob(g.Path("switchhook-*")) // in the temporary directory
	return append(left, more...)
}
