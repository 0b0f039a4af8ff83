package clusterproof_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/app/apptest"
)

const (
	// token is the app's: the events are signed as Tencent's are.
	app   = apptest.App
	token = apptest.Token
	// denied is what the witness says, and no policy.
	denied = "10123"
)

// traffic is events, one gateway after the other, and decisions of all of them, from many
// clients that know nothing of faults.
type traffic struct {
	t       *testing.T
	ledger  *ledger
	client  *http.Client
	addrs   []string
	end     chan struct{}
	once    sync.Once
	running sync.WaitGroup
}

// start starts the traffic. It ends with the test at the latest.
func start(t *testing.T, l *ledger, f form, addrs []string) *traffic {
	t.Helper()
	flow := &traffic{
		t: t, ledger: l, addrs: addrs, end: make(chan struct{}),
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: f.callers + 1}, Timeout: time.Minute},
	}
	t.Cleanup(flow.stop)
	for i := range f.callers {
		flow.running.Go(func() { flow.tell(i, f.pace) })
	}
	for i := range addrs {
		flow.running.Go(func() { flow.ask(i, f.pace) })
	}
	return flow
}

func (f *traffic) stop() {
	f.once.Do(func() { close(f.end) })
	f.running.Wait()
	f.client.CloseIdleConnections()
}

// each calls do once in every pace, until the traffic ends.
func (f *traffic) each(pace time.Duration, do func()) {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for {
		select {
		case <-f.end:
			return
		case <-tick.C:
			do()
		}
	}
}

// tell is a caller that sends events. One that is refused is sent to the next gateway,
// until one accepts it; what became of one without an answer nobody knows.
func (f *traffic) tell(at int, pace time.Duration) {
	var number int64
	f.each(pace, func() {
		if number == 0 {
			number = f.ledger.number()
		}
		to := at % len(f.addrs)
		at++
		answer, err := apptest.Post(f.client, f.addrs[to], apptest.Query(app, apptest.Told, token),
			fmt.Sprintf(`{"CallbackCommand":%q,"Number":%d}`, apptest.Told, number))
		switch {
		case err == nil && answer.OK():
			f.ledger.accepted(number, to)
			number = 0
		case err == nil || unreached(err):
			f.ledger.refused()
		default:
			f.ledger.unanswered()
			number = 0
		}
	})
}

// ask is a caller that has decisions taken by one of the gateways, as long as it is there.
func (f *traffic) ask(of int, pace time.Duration) {
	f.each(pace, func() {
		answer, err := apptest.Post(f.client, f.addrs[of], apptest.Query(app, apptest.Decided, token), `{"CallbackCommand":"`+apptest.Decided+`"}`)
		switch {
		case err == nil && answer.Status == http.StatusOK && strings.Contains(answer.Body, denied):
			f.ledger.decided()
		case err == nil:
			f.t.Errorf("gateway %d answers a decision with %s", of, answer)
		}
	})
}

// unreached says that nobody was there to be asked.
func unreached(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}
