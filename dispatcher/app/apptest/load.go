package apptest

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"
)

var errNoID = errors.New("it is accepted without an id")

// Send sends the event Told to an address and returns the id that it was accepted under,
// empty where it was refused. A Recorder does what do says. It may be called from many
// goroutines.
func (l *Ledger) Send(client *http.Client, addr, do string) (id string, err error) {
	number := l.Number()
	a, err := Post(client, addr, Query(App, Told, Token), fmt.Sprintf(`{"CallbackCommand":%q,"Number":%d,"Do":%q}`, Told, number, do))
	if err == nil && a.OK() {
		if id = a.ID; id == "" {
			err = errNoID
		}
	}
	l.Enter(number, id, err)
	return id, err
}

// Load is events that come without a pause, over connections that stay open.
type Load struct {
	ledger  *Ledger
	client  *http.Client
	addrs   []string
	end     chan struct{}
	once    sync.Once // closes end
	running sync.WaitGroup
}

// Load sends events to the addresses until it is stopped or the test ends: each of the
// callers one after the other, and at the most one in every pace. A caller stays with an
// address while it answers and goes to the next when it does not; one that has found none
// that answers ends.
func (l *Ledger) Load(t *testing.T, callers int, pace time.Duration, addrs ...string) *Load {
	t.Helper()
	flow := &Load{
		ledger: l, addrs: addrs, end: make(chan struct{}),
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callers}, Timeout: Patience},
	}
	t.Cleanup(flow.Stop) // where the test does not come to the load's end
	for i := range callers {
		flow.running.Go(func() { flow.call(i, pace) })
	}
	return flow
}

// call is one caller, which begins with the address of that number.
func (f *Load) call(at int, pace time.Duration) {
	tick := time.NewTicker(max(pace, time.Microsecond))
	defer tick.Stop()
	for silent := 0; silent < len(f.addrs); {
		if _, err := f.ledger.Send(f.client, f.addrs[at%len(f.addrs)], ""); err != nil {
			silent++
			at++
		} else {
			silent = 0
		}
		select {
		case <-f.end:
			return
		case <-tick.C:
		}
	}
}

// Stop ends the load. What is under way is waited for.
func (f *Load) Stop() {
	f.once.Do(func() { close(f.end) })
	f.running.Wait()
	f.client.CloseIdleConnections()
}

// Cut ends the load while nobody answers any more: whoever dies with a request under way
// cuts its connection, whoever is stopped does not.
func (f *Load) Cut(gateways ...*Gateway) {
	for _, g := range gateways {
		g.Kill()
	}
	f.Stop()
}
