package sdktest

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// placeKey tells a process at which place it is to become the plugin.
const placeKey = "SWITCHHOOK_SDKTEST"

// place is a call of StartWith: the so-many'th for a process in a test.
type place struct {
	test  string
	count int
}

// theirs counts the calls of each test of this binary.
var theirs = &places{counts: map[string]int{}} //nolint:gochecknoglobals // what a test binary has started is its own affair

type places struct {
	mu     sync.Mutex
	counts map[string]int
}

// next returns the place of a call, and forgets it when the test ends: a test may
// run several times.
func (p *places) next(tb testing.TB) place {
	tb.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.counts[tb.Name()]++
	tb.Cleanup(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.counts, tb.Name())
	})
	return place{test: tb.Name(), count: p.counts[tb.Name()]}
}

func (p place) String() string { return fmt.Sprintf("%s#%d", p.test, p.count) }

// here reports whether this process was started to become the plugin here.
func (p place) here() bool { return os.Getenv(placeKey) == p.String() }

// outside reports whether the plugin gets a process. In a process that is on its
// way to a later place it does not: nobody looks at it.
func (p place) outside() bool { return p.test != "" && os.Getenv(placeKey) == "" }

// args make the test binary run the one test that leads here.
func (p place) args() []string {
	parts := strings.Split(p.test, "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	pattern := strings.Join(parts, "/")
	if strings.HasPrefix(p.test, "Benchmark") {
		return []string{"-test.run=^$", "-test.bench=" + pattern, "-test.benchtime=1x"}
	}
	return []string{"-test.run=" + pattern}
}
