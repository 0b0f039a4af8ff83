package serve

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/switchhook/switchhook/sdk/wire"
)

// visit serves one gateway over its connection until it leaves or ctx ends. To
// the plugin a visit is a life: Config has its defaults, Start runs, and Close.
func (w *waiting) visit(ctx context.Context, conn net.Conn) error {
	w.defaults.restore()
	session, err := NewSession(w.plugin, w.logger)
	if err != nil {
		_ = conn.Close() // the error says more
		return err
	}
	server := session.Server().NewGRPC(nil)
	if err := (&wire.Plugin{Served: session.Server()}).GRPCServer(nil, server); err != nil {
		_ = conn.Close() // the error says more
		return err
	}
	grpc_health_v1.RegisterHealthServer(server, health.NewServer()) // as go-plugin does; the link answers in its place
	only := &onlyConn{Conn: conn, closed: make(chan struct{})}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(&onlyListener{conn: only, closed: make(chan struct{})}) // it ends with the connection
	}()
	select {
	case <-only.closed:
	case <-ctx.Done():
	}
	return w.leave(ctx, session, func() {
		time.AfterFunc(flushGrace, server.Stop)
		server.GracefulStop() // waits for what runs in gRPC's calls, Start among it
		<-served
	})
}

// leave ends a visit: it returns when no handler of it runs any more, nor Start,
// because the plugin would have two lives at once otherwise. When ctx has ended,
// nothing follows, and it does not wait for ever. end ends the connection.
func (w *waiting) leave(ctx context.Context, session *Session, end func()) error {
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), orphanGrace)
	defer cancel()
	err := session.Close(closing)
	if _, stuck := errors.AsType[*stuckError](err); stuck {
		err = nil // is waited for
	}
	ended := make(chan error, 1)
	go func() {
		end()
		// What is stuck in a stream is waited for here, and what Start has opened
		// meanwhile is closed.
		ended <- session.Close(context.WithoutCancel(ctx))
	}()
	patience := time.NewTimer(flushGrace + cancelGrace)
	defer patience.Stop()
	select {
	case last := <-ended:
		return errors.Join(err, last)
	case <-patience.C:
	}
	if ctx.Err() == nil {
		w.logger.WarnContext(ctx, "a handler, or Start, has not returned: no other gateway is let in until it has")
	}
	select {
	case last := <-ended:
		return errors.Join(err, last)
	case <-ctx.Done():
		return errors.Join(err, errStuck)
	}
}

var errStuck = errors.New("a handler, or Start, does not return though its context has ended")

// onlyConn is a connection whose end can be waited for.
type onlyConn struct {
	net.Conn

	once   sync.Once
	closed chan struct{}
}

// Close closes the connection.
func (c *onlyConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close() //nolint:wrapcheck // the reader's own
}

// onlyListener hands out one connection and then waits for its end, or its own.
type onlyListener struct {
	conn   *onlyConn
	given  atomic.Bool
	once   sync.Once
	closed chan struct{}
}

// Accept returns the connection the first time.
func (l *onlyListener) Accept() (net.Conn, error) {
	if !l.given.Swap(true) {
		return l.conn, nil
	}
	select {
	case <-l.conn.closed:
	case <-l.closed:
	}
	return nil, net.ErrClosed
}

// Close ends the waiting and leaves the connection open, for the last answers.
func (l *onlyListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr is the connection's.
func (l *onlyListener) Addr() net.Addr { return l.conn.LocalAddr() }
