package wire

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

// loner is one callback that travels as a gRPC call of its own.
type loner struct {
	request wirepb.HandleRequest
	peer    peer.Peer // gRPC sets it if the call ever had a connection to travel on
	options [1]grpc.CallOption
}

var loners = sync.Pool{New: func() any { //nolint:gochecknoglobals // a pool of empty calls is no state
	l := &loner{}
	l.options[0] = grpc.Peer(&l.peer)
	return l
}}

// handleUnary has the plugin answer cb by a call of its own. gRPC has encoded the
// request and is through with it when it returns, so the loner may be reused.
func (c *Client) handleUnary(ctx context.Context, cb *sdk.Callback, place Place) (sdk.Reply, error) {
	l := loners.Get().(*loner) // the pool holds nothing else
	fillRequest(&l.request, cb)
	l.request.TimeoutNanos = 0
	if deadline, ok := ctx.Deadline(); ok {
		l.request.TimeoutNanos = max(1, int64(time.Until(deadline)))
	}
	c.alone.begin(l)
	m, err := c.rpc.Handle(ctx, &l.request, l.options[:]...)
	fate := c.fateOf(ctx, l, err)
	c.alone.end(l, fate)
	l.request.Body, l.peer = nil, peer.Peer{}
	loners.Put(l)
	if fate == fateAbandoned && place != nil {
		place.Abandon()
	}
	leave(place, fate == fateAnswered)
	if fate == fateUnsent {
		err = unsentError{err}
	}
	if err != nil {
		return callFault(ctx, err)
	}
	c.pulse.beat()
	reply, err := outcome(m)
	return inTime(ctx, reply, err)
}

// fate is what became of a unary call.
type fate int

const (
	fateAnswered  fate = iota
	fateUnsent         // it never had a connection to travel on
	fateAbandoned      // its caller gave up
	fateLost           // its connection ended
)

func (c *Client) fateOf(ctx context.Context, l *loner, err error) fate {
	code := status.Code(err)
	switch {
	case err == nil:
		return fateAnswered
	case c.tellsPeer && l.peer.Addr == nil:
		return fateUnsent
	case ctx.Err() != nil || code == codes.DeadlineExceeded:
		return fateAbandoned
	case code == codes.Unavailable || code == codes.Canceled:
		return fateLost
	default:
		return fateAnswered // by a status, which a plugin without the SDK may send
	}
}

// alone is what a client knows of its unary calls.
type alone struct {
	room int

	mu    sync.Mutex
	calls map[*loner]struct{} // under way
	lost  []string            // ids of those lost since the last answer, at most room
}

func newAlone(room int) *alone { return &alone{room: room, calls: make(map[*loner]struct{})} }

func (a *alone) begin(l *loner) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls[l] = struct{}{}
}

// end takes a call out. An answer shows that the plugin has survived what was lost
// before.
func (a *alone) end(l *loner, f fate) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.calls, l)
	switch {
	case f == fateAnswered:
		a.lost = a.lost[:0]
	case f == fateLost && len(a.lost) < a.room:
		a.lost = append(a.lost, l.request.GetId())
	}
}

func (a *alone) unanswered(ids []string) []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	ids = append(ids, a.lost...)
	for l := range a.calls {
		ids = append(ids, l.request.GetId())
	}
	return ids
}

func (a *alone) len() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.calls)
}
