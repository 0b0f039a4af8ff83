package chaos_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/app/apptest"
)

// callers is how many callbacks are under way at the most.
const callers = 8

// load is callbacks that come steadily, over connections that stay open.
type load struct {
	gateway  *gateway
	client   *http.Client // its own: a connection for each caller
	commands []string
	hold     sync.RWMutex // held for reading by every request
	end      chan struct{}
	once     sync.Once // closes end
	running  sync.WaitGroup
	sent     atomic.Int64

	mu     sync.Mutex
	ledger ledger
	phase  *[]time.Duration // where the latencies of now belong
	quiet  []time.Duration
	chaos  []time.Duration
}

// load sends commands in turn until it is stopped, each caller one in every pace at
// the most.
func (g *gateway) load(pace time.Duration, commands ...string) *load {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callers}, Timeout: wait}
	l := &load{gateway: g, client: client, commands: commands, end: make(chan struct{}), ledger: ledger{reasons: make(map[string]int)}}
	l.phase = &l.quiet
	g.t.Cleanup(l.finish) // where the test does not come to the load's end
	for i := range callers {
		l.running.Go(func() { l.call(i, pace) })
	}
	return l
}

// call is one caller.
func (l *load) call(i int, pace time.Duration) {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for {
		l.one(l.commands[i%len(l.commands)])
		i++
		select {
		case <-tick.C:
		case <-l.end:
			return
		}
	}
}

func (l *load) one(command string) {
	l.hold.RLock()
	defer l.hold.RUnlock()
	began := time.Now()
	reply, err := l.gateway.post(l.client, command, "")
	took := time.Since(began)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ledger.enter(command, reply, err)
	*l.phase = append(*l.phase, took)
	l.sent.Add(1)
}

// more waits until n further callbacks were answered.
func (l *load) more(t *testing.T, n int) {
	t.Helper()
	until := l.sent.Load() + int64(n)
	apptest.Eventually(t, "callbacks are answered", func() bool { return l.sent.Load() >= until })
}

// disturb says that the quiet is over.
func (l *load) disturb() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.phase = &l.chaos
}

// pause runs look while no callback is under way.
func (l *load) pause(look func()) {
	l.hold.Lock()
	defer l.hold.Unlock()
	look()
}

// stop ends the load and returns what became of it.
func (l *load) stop() ledger {
	l.finish()
	l.ledger.second = l.gateway.sum("switchhook_plugin_second_attempts_total", `plugin="good"`)
	return l.ledger
}

func (l *load) finish() {
	l.once.Do(func() { close(l.end) })
	l.running.Wait()
	l.client.CloseIdleConnections()
}

// sum adds up all series of that name with that label.
func (g *gateway) sum(name, label string) (total int) {
	for series, value := range g.Series() {
		if strings.HasPrefix(series, name+"{") && strings.Contains(series, label) {
			total += int(value)
		}
	}
	return total
}

// p99 returns the latency that one in a hundred exceeds.
func p99(took []time.Duration) time.Duration {
	if len(took) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(took))
	return sorted[len(sorted)*99/100]
}
