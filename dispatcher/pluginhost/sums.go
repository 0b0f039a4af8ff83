package pluginhost

import (
	"fmt"
	"os"
	"sync"
	"time"
)

// sums remembers the hashes of programs, so that a file is read again only after it
// changed. It may be used by many goroutines at once.
type sums struct {
	now   func() time.Time
	hash  func(path string) (string, error)
	hurry time.Duration
	mu    sync.Mutex
	known map[string]summed
	stuck map[string]int // calls that soon has left alone
}

type summed struct {
	stamp  stamp
	sha256 string
}

// unsettled is how long after a change another one may leave the same stamp: file
// systems keep time by as much as two seconds.
const unsettled = 2 * time.Second

// hurry is far more than reading a program takes. A network's file system that is
// away answers after minutes, or never.
const hurry = 5 * time.Second

func newSums() *sums {
	return &sums{now: time.Now, hash: hashProgram, hurry: hurry, known: make(map[string]summed), stuck: make(map[string]int)}
}

// soon is of for those who must not be held up, such as a readiness probe. Once a
// file has not answered in time, it is not asked again before it has.
func (c *sums) soon(path string) (string, error) {
	errSilent := fmt.Errorf("its file system does not answer within %s", c.hurry)
	c.mu.Lock()
	silent := c.stuck[path] > 0
	c.mu.Unlock()
	if silent {
		return "", errSilent
	}
	var sum string
	var err error
	answered, left := make(chan struct{}), false
	go func() {
		sum, err = c.of(path)
		c.mu.Lock()
		defer c.mu.Unlock()
		if left {
			c.stuck[path]--
		}
		close(answered)
	}()
	timer := time.NewTimer(c.hurry)
	defer timer.Stop()
	select {
	case <-answered:
		return sum, err
	case <-timer.C:
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-answered:
		return sum, err
	default:
		left = true
		c.stuck[path]++
		return "", errSilent
	}
}

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
	sum, err := c.hash(path) // words what is wrong with the file
	if err != nil {
		return "", err
	}
	info, err = os.Stat(path)
	if err == nil && stampOf(info) == before && before.settled(c.now()) {
		c.mu.Lock()
		c.known[path] = summed{before, sum}
		c.mu.Unlock()
	}
	return sum, nil
}

// settled reports whether a further change would leave another stamp. A time ahead of
// the clock, as after the clock was set back, is as far from now as one behind it.
func (s stamp) settled(now time.Time) bool {
	return now.Sub(s.modified).Abs() > unsettled && now.Sub(s.changed).Abs() > unsettled
}
