package pluginhost

import (
	"os/exec"
	"runtime"
)

// spawner starts processes from one thread that lives as long as the host does:
// a parent-death signal is sent when the starting thread ends, and an arbitrary
// goroutine's thread may end at any time.
type spawner struct {
	starts chan func()
	gone   chan struct{}
}

func newSpawner() *spawner {
	s := &spawner{starts: make(chan func()), gone: make(chan struct{})}
	go s.run()
	return s
}

func (s *spawner) run() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread() // the thread goes back to the runtime, alive
	defer close(s.gone)
	for start := range s.starts {
		start()
	}
}

// start starts cmd. It must not be called after close.
func (s *spawner) start(cmd *exec.Cmd) error {
	result := make(chan error, 1)
	s.starts <- func() { result <- cmd.Start() }
	return <-result
}

// close ends the spawner. Every process it started must have ended.
func (s *spawner) close() {
	close(s.starts)
	<-s.gone
}
