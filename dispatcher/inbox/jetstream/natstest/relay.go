package natstest

import (
	"context"
	"io"
	"net"
	"sync"
)

// relay passes connections on to a process that may change, as long as the gates on the
// way are open.
type relay struct {
	listener net.Listener
	gates    []*gate
	ctx      context.Context //nolint:containedctx // of its goroutines, which end with it
	end      context.CancelFunc
	running  sync.WaitGroup

	mu sync.Mutex
	to string // empty while nobody listens there
}

func newRelay(ctx context.Context, gates ...*gate) (*relay, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err //nolint:wrapcheck // it says all
	}
	r := &relay{listener: listener, gates: gates}
	r.ctx, r.end = context.WithCancel(context.WithoutCancel(ctx))
	r.running.Go(r.serve)
	return r, nil
}

func (r *relay) address() string { return r.listener.Addr().String() }

// lead says where new connections lead to.
func (r *relay) lead(to string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.to = to
}

func (r *relay) serve() {
	for {
		from, err := r.listener.Accept()
		if err != nil {
			return // it was closed
		}
		r.running.Go(func() { r.join(from) })
	}
}

// join is a connection, from its beginning to its end.
func (r *relay) join(from net.Conn) {
	defer from.Close() //nolint:errcheck // whatever it was, it is over
	if !r.pass() {
		return
	}
	r.mu.Lock()
	address := r.to
	r.mu.Unlock()
	to, err := (&net.Dialer{}).DialContext(r.ctx, "tcp", address)
	if err != nil {
		return // nobody is there
	}
	ctx, over := context.WithCancel(r.ctx)
	defer over()
	defer context.AfterFunc(ctx, func() { _, _ = from.Close(), to.Close() })()
	var there sync.WaitGroup
	there.Go(func() { r.carry(to, from); over() })
	r.carry(from, to)
	over()
	_, _ = from.Close(), to.Close()
	there.Wait()
}

// carry passes on what comes in, and that it has ended.
func (r *relay) carry(to io.Writer, from io.Reader) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if !r.pass() {
			return
		}
		if n > 0 {
			if _, failed := to.Write(buf[:n]); failed != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// pass waits until every gate is open, and reports false where the relay ends before.
func (r *relay) pass() bool {
	for i := 0; i < len(r.gates); i++ {
		open := r.gates[i].way()
		select {
		case <-open:
			continue
		default:
		}
		select {
		case <-open:
			i = -1 // those before may have been shut meanwhile
		case <-r.ctx.Done():
			return false
		}
	}
	return r.ctx.Err() == nil
}

func (r *relay) close() {
	r.end()
	_ = r.listener.Close() // it was open
	r.running.Wait()
}

// gate is where a cut is made.
type gate struct {
	mu   sync.Mutex
	open chan struct{} // closed while the gate is open
}

func newGate() *gate {
	g := &gate{open: make(chan struct{})}
	close(g.open)
	return g
}

func (g *gate) way() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.open
}

// turn shuts the gate, or opens it.
func (g *gate) turn(open bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.open:
		if !open {
			g.open = make(chan struct{})
		}
	default:
		if open {
			close(g.open)
		}
	}
}
