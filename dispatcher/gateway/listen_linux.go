package gateway

import (
	"bufio"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Holder names the process that listens on addr's port: the socket's inode
// stands in /proc/net/tcp, its owner in that process's descriptors. Another
// user's descriptors are only visible to root.
func Holder(addr string) string {
	_, portName, err := net.SplitHostPort(addr)
	if err != nil {
		return someProcess
	}
	port, err := net.LookupPort("tcp", portName) //nolint:noctx // a local table
	if err != nil {
		return someProcess
	}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		for _, inode := range listeningOn(table, port) {
			if name, ok := ownerOf(inode); ok {
				return name
			}
		}
	}
	return someProcess
}

// listeningOn returns the inodes of the listening sockets of a port. The fields
// of a table are those of proc_net_tcp.txt: 1 is the local address, 3 the state
// (0A is LISTEN), 9 the inode.
func listeningOn(table string, port int) []string {
	file, err := os.Open(table) //nolint:gosec // one of the two tables above
	if err != nil {
		return nil
	}
	defer func() { _ = file.Close() }() // it was only read
	var inodes []string
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 10 || fields[3] != "0A" {
			continue
		}
		_, local, _ := strings.Cut(fields[1], ":")
		if n, err := strconv.ParseUint(local, 16, 16); err == nil && int(n) == port {
			inodes = append(inodes, fields[9])
		}
	}
	return inodes
}

// ownerOf returns the name and id of the process that holds a socket.
func ownerOf(inode string) (string, bool) {
	want := "socket:[" + inode + "]"
	descriptors, _ := filepath.Glob("/proc/[0-9]*/fd/*") // the pattern is well-formed
	for _, path := range descriptors {
		if target, err := os.Readlink(path); err != nil || target != want {
			continue
		}
		process := filepath.Dir(filepath.Dir(path))
		name, _ := os.ReadFile(filepath.Join(process, "comm")) //nolint:gosec // a path of /proc
		return strings.TrimSpace(string(name)) + " (pid " + filepath.Base(process) + ")", true
	}
	return "", false
}
