package pluginhost

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
)

// Limits on what a plugin prints to standard output.
const (
	maxHandshake = 16 << 10
	maxShownLine = 200
)

// stdout stands between a plugin's standard output and go-plugin. The first
// line is the handshake: it is checked, and only a good one is passed on. What
// follows is logged and never blocks the plugin.
type stdout struct {
	name    string // the plugin's, for the configuration key in errors
	mtls    MTLS
	version int
	stray   *lines // what is printed later

	checked *io.PipeReader
	pass    *io.PipeWriter

	mu  sync.Mutex
	err error
}

func newStdout(name string, mtls MTLS, version int, sink *logSink) *stdout {
	s := &stdout{name: name, mtls: mtls, version: version, stray: &lines{sink: sink, stream: "stdout"}}
	s.checked, s.pass = io.Pipe()
	return s
}

// readAll reads f to its end, the handshake first.
func (s *stdout) readAll(f *os.File) {
	r := bufio.NewReaderSize(f, maxHandshake)
	line, err := r.ReadSlice('\n')
	if len(line) > 0 || err == nil {
		s.handshake(strings.TrimSpace(string(line)))
	}
	s.stray.readAll(r)
}

// handshake passes a good line on and remembers what is wrong with another.
func (s *stdout) handshake(line string) {
	if err := s.check(line); err != nil {
		s.mu.Lock()
		s.err = err
		s.mu.Unlock()
		_ = s.pass.CloseWithError(err) // never fails
		return
	}
	io.WriteString(s.pass, line+"\n") //nolint:errcheck,gosec // An end that is gone needs no line.
}

// processEnded lets go-plugin see the end of the output.
func (s *stdout) processEnded() {
	s.pass.Close() //nolint:errcheck,gosec // Never fails.
}

// failure returns what was wrong with the handshake, if anything.
func (s *stdout) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// check reads line as CORE|VERSION|NETWORK|ADDRESS|PROTOCOL|CERTIFICATE, the
// last two optional in go-plugin and not here.
func (s *stdout) check(line string) error {
	parts := strings.Split(line, "|")
	core, coreErr := strconv.Atoi(parts[0])
	if len(parts) < 4 || coreErr != nil {
		return refuse(exitHandshake, "it printed %s to standard output before serving; that stream belongs to the "+
			"handshake: print to standard error instead, or start by sdk/serve, which sees to it", shown(line))
	}
	if core != 1 {
		return refuse(exitHandshake, "it speaks go-plugin's core protocol %d, this gateway speaks 1: rebuild it", core)
	}
	version, err := strconv.Atoi(parts[1])
	if err != nil || version != s.version {
		return refuse(exitHandshake, "it speaks plugin protocol %s, this gateway speaks %d: build it with a matching SDK",
			shown(parts[1]), s.version)
	}
	if protocol := part(parts, 4); protocol != "grpc" {
		return refuse(exitHandshake, "it serves %s, and only grpc is spoken here", shown(protocol))
	}
	certified := part(parts, 5) != ""
	switch {
	case s.mtls == MTLSOff && certified:
		return refuse(exitHandshake, "it expects TLS although plugins.%s.mtls is off: set plugins.%[1]s.mtls: auto", s.name)
	case s.mtls != MTLSOff && !certified:
		return refuse(exitHandshake, "it speaks plaintext where TLS was expected (no certificate in its handshake): "+
			"set plugins.%s.mtls: off", s.name)
	}
	return nil
}

func part(parts []string, i int) string {
	if i < len(parts) {
		return parts[i]
	}
	return ""
}

// shown quotes what a plugin printed, cut to a length that a log line bears.
func shown(text string) string {
	if len(text) > maxShownLine {
		return fmt.Sprintf("%q…", text[:maxShownLine])
	}
	return strconv.Quote(text)
}
