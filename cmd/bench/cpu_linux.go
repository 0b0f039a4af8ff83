package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// ticks is the unit of /proc/PID/stat: USER_HZ, 100 on every platform of Go's.
const ticks = 100

// cpuSeconds returns the CPU time of a process and all its descendants so far,
// in seconds, from /proc (proc_pid_stat(5)).
func cpuSeconds(root int) (float64, error) {
	paths, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, fmt.Errorf("list processes: %w", err)
	}
	children, used := map[int][]int{}, map[int]float64{}
	for _, path := range paths {
		text, err := os.ReadFile(path) //nolint:gosec // a process's own page
		if err != nil {
			continue // it has just ended
		}
		pid, parent, time, err := parseStat(string(text))
		if err != nil {
			return 0, fmt.Errorf("read %s: %w", path, err)
		}
		children[parent] = append(children[parent], pid)
		used[pid] = time
	}
	if _, alive := used[root]; !alive {
		return 0, fmt.Errorf("process %d has ended", root)
	}
	total := 0.0
	for queue := []int{root}; len(queue) > 0; queue = queue[1:] {
		total += used[queue[0]]
		queue = append(queue, children[queue[0]]...)
	}
	return total, nil
}

var errShortStat = errors.New("fewer fields than there should be")

func parseStat(text string) (pid, parent int, seconds float64, err error) {
	// The second field is the name in parentheses and may hold anything.
	end := strings.LastIndexByte(text, ')')
	fields := strings.Fields(text[end+1:])
	if end < 0 || len(fields) < 13 {
		return 0, 0, 0, errShortStat
	}
	pid, err1 := strconv.Atoi(strings.Fields(text)[0])
	parent, err2 := strconv.Atoi(fields[1])
	user, err3 := strconv.ParseFloat(fields[11], 64)
	system, err4 := strconv.ParseFloat(fields[12], 64)
	return pid, parent, (user + system) / ticks, errors.Join(err1, err2, err3, err4)
}
