package conformance

import (
	"errors"
	"syscall"
	"time"

	"github.com/hashicorp/go-plugin"
)

// strayRounds is how often processes that left the group are looked for: one may
// start another just before it is killed.
const strayRounds = 10

// kill ends the process and whatever it started at once, and closes the link.
func (p *process) kill() {
	if p.link != nil {
		p.link.close()
	}
	p.signalGroup(syscall.SIGKILL)
	p.endsWithin(deathPatience)
	for range strayRounds {
		if !signalStrays(p.mark(), syscall.SIGKILL) {
			return
		}
		pause(busyPause)
	}
}

// signalGroup reports whether there was anybody left in the group. Once nobody is,
// the system may give its number to others, so it is not used again.
func (p *process) signalGroup(signal syscall.Signal) bool {
	if p.alone.Load() {
		return false
	}
	err := syscall.Kill(-p.cmd.Process.Pid, signal)
	if errors.Is(err, syscall.ESRCH) {
		p.alone.Store(true)
	}
	return err == nil
}

// mark is the variable that this process and those that it starts have, and no
// other.
func (p *process) mark() string { return plugin.EnvUnixSocketDir + "=" + p.sockets }

// childrenRemain reports whether what a dead process started outlives it for longer
// than limit.
func (p *process) childrenRemain(limit time.Duration) bool {
	end := time.Now().Add(limit)
	for p.signalGroup(0) || signalStrays(p.mark(), 0) {
		if time.Now().After(end) {
			return true
		}
		pause(busyPause)
	}
	return false
}
