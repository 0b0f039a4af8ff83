package share_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox"
	"github.com/switchhook/switchhook/sdk"
)

func ordered() inbox.Settings {
	return inbox.Settings{Deliveries: map[string]inbox.Delivery{"*": {Order: inbox.ByUser}}}
}

// about is a callback about a user, the n-th.
func about(user string, n int) sdk.Callback {
	return sdk.Callback{
		ID: fmt.Sprintf("%s-%d", user, n), Command: added, AppID: user, ReceivedAt: time.Now(), Body: []byte(strconv.Itoa(n)),
	}
}

// inOrder checks that what a plugin was delivered of each user came in order. What came
// twice counts where it came first.
func (r *rig) inOrder(plugin string, users, each int) {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	next := map[string]int{}
	seen := map[string]bool{}
	for _, id := range r.order[plugin] {
		if seen[id] {
			continue
		}
		seen[id] = true
		cb := r.ledger[plugin+" "+id][0].cb
		if want := strconv.Itoa(next[cb.AppID]); string(cb.Body) != want {
			r.t.Fatalf("%s: %s came where %s was next", cb.AppID, cb.Body, want)
		}
		next[cb.AppID]++
	}
	for user := range users {
		if n := next[fmt.Sprintf("user%d", user)]; n != each {
			r.t.Errorf("user%d had %d, want %d", user, n, each)
		}
	}
}

// send has each of some users send so many callbacks, one after the other and each to
// another of the gateways.
func (r *rig) send(users, each int, to ...*gateway) {
	r.t.Helper()
	var senders sync.WaitGroup
	for user := range users {
		senders.Go(func() {
			for n := range each {
				if err := to[n%len(to)].Accept(context.Background(), about(fmt.Sprintf("user%d", user), n), plugins[:1]); err != nil {
					r.t.Errorf("accept: %v", err)
					return
				}
			}
		})
	}
	senders.Wait()
}

func TestWhatIsOrderedStaysInOrderWhereItGoesOver(t *testing.T) {
	t.Parallel()
	const users, each = 20, 50
	r := newRig(t, 2, ordered())
	halfway := make(chan struct{})
	var once sync.Once
	for _, g := range r.gateways {
		g.handled(func(context.Context, string, sdk.Callback) error {
			if made, _ := r.deliveries(); made >= users*each/2 {
				once.Do(func() { close(halfway) })
			}
			return nil
		})
	}
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		r.send(users, each, r.gateways...)
	}()
	<-halfway
	first := r.gateways[0]
	if r.by(first) == 0 {
		first = r.gateways[1]
	}
	first.serve(plugins[0], false)
	<-sent
	r.settled()
	r.inOrder(plugins[0], users, each)
	if made, copies := r.deliveries(); made != copies {
		t.Errorf("%d deliveries of %d copies", made, copies)
	}
	if n := r.by(first); n == 0 || n == users*each {
		t.Errorf("one made %d deliveries of %d", n, users*each)
	}
}

func TestWhatIsOrderedStaysInOrderWhereItsGatewayDies(t *testing.T) {
	t.Parallel()
	const users, each = 10, 20
	r := newRig(t, 1, ordered())
	dying := r.gateways[0]
	r.send(users, each/2, dying)
	r.await("the one that dies delivers", func() bool { return r.by(dying) > 0 })
	other := r.open(ordered())
	r.kill(dying.store)
	var senders sync.WaitGroup
	for user := range users {
		senders.Go(func() {
			for n := each / 2; n < each; n++ {
				if err := other.Accept(context.Background(), about(fmt.Sprintf("user%d", user), n), plugins[:1]); err != nil {
					t.Errorf("accept: %v", err)
				}
			}
		})
	}
	senders.Wait()
	r.settled()
	r.inOrder(plugins[0], users, each)
}
