package chaos_test

import (
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/switchhook/switchhook/dispatcher/app/apptest"
)

// footprint is what a gateway holds of the machine. What /proc tells is zero where
// there is none.
type footprint struct {
	processes   int // whose parent or directory is the gateway's
	descriptors int
	goroutines  int
	threads     int
	sockets     int
	files       int
}

func (g *gateway) footprint() footprint {
	g.t.Helper()
	f := footprint{processes: len(g.Processes()), goroutines: int(g.Series()["go_goroutines"])}
	proc := "/proc/" + strconv.Itoa(g.PID())
	descriptors, _ := os.ReadDir(proc + "/fd") // without /proc, none
	threads, _ := os.ReadDir(proc + "/task")
	f.descriptors, f.threads = len(descriptors), len(threads)
	g.Walk(func(_ string, d fs.DirEntry) {
		if f.files++; d.Type()&fs.ModeSocket != 0 {
			f.sockets++
		}
	})
	return f
}

// Slack that is no leak: threads that the Go runtime keeps, a file that tells of
// what has happened, readers of the inbox that are opened when two ask at once and
// kept, and the goroutines of the very answer that tells of them: it is put together
// by several, more of them the busier the machine. All else has to come to what it was.
const (
	slackThreads     = 24
	slackFiles       = 2
	slackDescriptors = 8
	slackGoroutines  = 12
)

// within says what f has more than before, beyond the slack; nothing is as it should be.
func (f footprint) within(before footprint) string {
	var more []string
	for _, x := range []struct {
		what               string
		now, before, slack int
	}{
		{"processes", f.processes, before.processes, 0},
		{"sockets", f.sockets, before.sockets, 0},
		{"files", f.files, before.files, slackFiles},
		{"descriptors", f.descriptors, before.descriptors, slackDescriptors},
		{"goroutines", f.goroutines, before.goroutines, slackGoroutines},
		{"threads", f.threads, before.threads, slackThreads},
	} {
		if x.now > x.before+x.slack {
			more = append(more, fmt.Sprintf("%d %s, %d before", x.now, x.what, x.before))
		}
	}
	return strings.Join(more, "; ")
}

// footprint is what the gateway holds while no callback is under way: the least of
// several looks, since connections take a moment to close.
func (l *load) footprint() footprint {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var least footprint
	l.pause(func() {
		least = l.look()
		for range 5 {
			<-tick.C
			f := l.look()
			least.processes, least.descriptors = min(least.processes, f.processes), min(least.descriptors, f.descriptors)
			least.goroutines, least.threads = min(least.goroutines, f.goroutines), min(least.threads, f.threads)
			least.sockets, least.files = min(least.sockets, f.sockets), min(least.files, f.files)
		}
	})
	return least
}

// look is a footprint without the connections of the tests.
func (l *load) look() footprint {
	l.client.CloseIdleConnections()
	l.gateway.Client.CloseIdleConnections()
	return l.gateway.footprint()
}

// awaitFootprint waits until the gateway holds no more than before.
func (l *load) awaitFootprint(before footprint) {
	t := l.gateway.t
	t.Helper()
	more := ""
	defer func() {
		if more != "" {
			t.Errorf("the gateway holds %s; its log ends with its goroutines", more)
			l.gateway.Signal(syscall.SIGQUIT) // it is ended by that
			l.gateway.State()
		}
	}()
	apptest.Eventually(t, "the gateway holds no more than before", func() bool {
		l.pause(func() { more = l.look().within(before) })
		return more == ""
	})
}
