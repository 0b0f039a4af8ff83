package serve

import (
	"context"
	"net"
	"reflect"
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
	if w.initial.IsValid() {
		reflect.ValueOf(w.plugin.Config).Elem().Set(w.initial)
	}
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
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), orphanGrace)
	defer cancel()
	err = session.Close(closing)
	time.AfterFunc(flushGrace, server.Stop)
	server.GracefulStop()
	<-served
	return err
}

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
