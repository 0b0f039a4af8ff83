package pluginhost

import (
	"os"
	"sync"
	"time"
)

// sums remembers the hashes of programs, so that a file is read again only after it
// changed. It may be used by many goroutines at once.
type sums struct {
	now   func() time.Time
	mu    sync.Mutex
	known map[string]summed
}

type summed struct {
	stamp  stamp
	sha256 string
}

// unsettled is how long after a change another one may leave the same stamp: file
// systems keep time by as much as two seconds.
const unsettled = 2 * time.Second

func newSums() *sums { return &sums{now: time.Now, known: make(map[string]summed)} }

// of returns the hash of the program at path.
func (c *sums) of(path string) (string, error) {
	var before stamp
	info, err := os.Stat(path)
	if err == nil {
		before = stampOf(info)
		c.mu.Lock()
		known, ok := c.known[path]
		c.mu.Unlock()
		if ok && known.stamp == before {
			return known.sha256, nil
		}
	}
	sum, err := hashProgram(path) // words what is wrong with the file
	if err != nil {
		return "", err
	}
	info, err = os.Stat(path)
	if err == nil && stampOf(info) == before && c.now().Sub(before.latest()) > unsettled {
		c.mu.Lock()
		c.known[path] = summed{before, sum}
		c.mu.Unlock()
	}
	return sum, nil
}

// latest is when the file changed last.
func (s stamp) latest() time.Time {
	if s.changed.After(s.modified) {
		return s.changed
	}
	return s.modified
}
