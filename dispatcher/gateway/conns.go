package gateway

import (
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
)

// connState is what a connection is doing, as far as the gauge tells.
type connState int32

const (
	connNew    connState = iota // nothing has been read from it
	connActive                  // a request is being read or answered
	connIdle                    // kept open for the next request

	connStates // the number of them; also the state of a closed one
)

// String returns the state's label.
func (s connState) String() string {
	return [connStates + 1]string{"new", "active", "idle", "closed"}[s]
}

// limitedListener accepts while fewer than its limit of connections are open;
// the others wait in the kernel's queue. Unlike netutil.LimitListener it leaves a
// TCP connection recognisable: net/http half-closes one before it drops an unread
// body, without which the sender may lose the answer to a reset.
type limitedListener struct {
	net.Listener
	slots  chan struct{}
	closed chan struct{}
	once   sync.Once
}

func newLimitedListener(l net.Listener, limit int) *limitedListener {
	return &limitedListener{Listener: l, slots: make(chan struct{}, limit), closed: make(chan struct{})}
}

// Accept waits for a free slot, then for a connection.
func (l *limitedListener) Accept() (net.Conn, error) {
	select {
	case l.slots <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	conn, err := l.Listener.Accept()
	if err != nil {
		<-l.slots
		return nil, err //nolint:wrapcheck // net/http tells temporary errors by their type
	}
	return &countedConn{Conn: conn, release: sync.OnceFunc(func() { <-l.slots })}, nil
}

// Close stops accepting.
func (l *limitedListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	if err := l.Listener.Close(); err != nil {
		return fmt.Errorf("close listener: %w", err)
	}
	return nil
}

// countedConn is an accepted connection that remembers its state for the gauge.
type countedConn struct {
	net.Conn
	state   atomic.Int32 // a connState, plus one; 0 is not counted yet
	release func()
}

// Close closes the connection and frees its slot.
func (c *countedConn) Close() error {
	defer c.release()
	return c.Conn.Close() //nolint:wrapcheck // net/http is the caller
}

// CloseWrite shuts the sending side down, where the connection can.
func (c *countedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// watchState keeps the gauge of connections; net/http calls it at every change.
func (g *Gateway) watchState(conn net.Conn, state http.ConnState) {
	if wrapped, ok := conn.(interface{ NetConn() net.Conn }); ok { // TLS
		conn = wrapped.NetConn()
	}
	counted, ok := conn.(*countedConn)
	if !ok {
		return
	}
	next := connStates
	switch state {
	case http.StateNew:
		next = connNew
	case http.StateActive:
		next = connActive
	case http.StateIdle:
		next = connIdle
	case http.StateHijacked, http.StateClosed:
	}
	before := counted.state.Swap(int32(next) + 1)
	if before > 0 && connState(before-1) < connStates {
		g.metrics.connections[before-1].Dec()
	}
	if next < connStates {
		g.metrics.connections[next].Inc()
	}
}
