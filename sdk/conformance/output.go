package conformance

import (
	"bytes"
	"strings"
	"sync"
)

// How much of what a plugin prints is kept, in bytes.
const (
	maxPrinted = 16 << 10
	maxTail    = 1 << 10
)

// printed is a plugin's standard output: the handshake line, and what should not
// be there.
type printed struct {
	mu    sync.Mutex
	line  bytes.Buffer
	stray bytes.Buffer
	first chan string // the first line, once
	given bool
}

func newPrinted() *printed { return &printed{first: make(chan string, 1)} }

// Write takes what the plugin printed; it never waits and never fails.
func (p *printed) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	rest := text
	if !p.given {
		line, after, ended := bytes.Cut(text, []byte("\n"))
		p.line.Write(line)
		if !ended && p.line.Len() < maxPrinted {
			return len(text), nil
		}
		p.given = true
		p.first <- strings.TrimSpace(p.line.String())
		rest = after
	}
	if room := maxPrinted - p.stray.Len(); room > 0 {
		p.stray.Write(rest[:min(room, len(rest))])
	}
	return len(text), nil
}

// begun returns what was printed so far of a first line that has no end.
func (p *printed) begun() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.line.String()
}

// extra returns what was printed after the first line.
func (p *printed) extra() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.TrimSpace(p.stray.String())
}

// tail keeps the beginning of a panic, else the end of what was printed.
type tail struct {
	mu   sync.Mutex
	text []byte
}

// Write takes what the plugin printed; it never fails.
func (t *tail) Write(text []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, text...)
	if len(t.text) > 2*maxPrinted {
		t.text = append(t.text[:0], t.text[len(t.text)-maxPrinted:]...)
	}
	return len(text), nil
}

// String returns the end of what was printed, or the panic in it.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := strings.TrimSpace(string(t.text))
	if at := strings.LastIndex(text, "panic: "); at >= 0 {
		return text[at:min(len(text), at+maxTail)]
	}
	return text[max(0, len(text)-maxTail):]
}
