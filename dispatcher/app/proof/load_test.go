package proof_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	shop    = "1400000001"
	okReply = `{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}`

	told    = "Sns.CallbackBlackListAdd"
	decided = "Group.CallbackBeforeSendMsg"

	// idHeader has the id of the callback that an answer is to.
	idHeader = "Switchhook-Callback-Id"
)

var errNoID = errors.New("it is accepted without an id")

// post sends an event and returns the id that it was accepted under, empty where it
// was refused.
func post(client *http.Client, addr string, number int64, do string) (id string, err error) {
	reply, id, err := exchange(client, addr, told, fmt.Sprintf(`{"CallbackCommand":%q,"Number":%d,"Do":%q}`, told, number, do))
	switch {
	case err != nil || reply != okReply:
		return "", err
	case id == "":
		return "", errNoID
	default:
		return id, nil
	}
}

// exchange sends a callback and returns the reply that Tencent would read, and the id
// that came with it.
func exchange(client *http.Client, addr, command, body string) (reply, id string, err error) {
	res, err := client.Post("http://"+addr+"/?SdkAppid="+shop+"&CallbackCommand="+command, "application/json", strings.NewReader(body))
	if err != nil {
		return "", "", err
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(res.Body)
	return string(text), res.Header.Get(idHeader), err
}

// load is events that come without a pause, over connections that stay open.
type load struct {
	ledger  *ledger
	client  *http.Client
	end     chan struct{}
	once    sync.Once // closes end
	running sync.WaitGroup
}

// load sends events to the gateway until it is stopped: each caller one after the
// other, and at the most one in every pace.
func (g *gateway) load(l *ledger, callers int, pace time.Duration) *load {
	flow := &load{
		ledger: l, end: make(chan struct{}),
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callers}, Timeout: patience},
	}
	g.t.Cleanup(flow.stop) // where the test does not come to the load's end
	for range callers {
		flow.running.Go(func() { flow.call(g.listen, pace) })
	}
	return flow
}

// call is one caller. One that gets no answer has no gateway any more.
func (f *load) call(addr string, pace time.Duration) {
	tick := time.NewTicker(max(pace, time.Microsecond))
	defer tick.Stop()
	for {
		number := f.ledger.number()
		id, err := post(f.client, addr, number, "")
		f.ledger.enter(number, id, err)
		if err != nil {
			return
		}
		select {
		case <-f.end:
			return
		case <-tick.C:
		}
	}
}

// stop ends the load. What is under way is waited for.
func (f *load) stop() {
	f.once.Do(func() { close(f.end) })
	f.running.Wait()
	f.client.CloseIdleConnections()
}

// cut ends the load while nobody answers any more: whoever dies with a request under
// way cuts its connection, whoever is stopped does not.
func (f *load) cut(g *gateway) {
	g.kill()
	f.stop()
}
