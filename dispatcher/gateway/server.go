package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// The limits of the public server. A honest sender comes nowhere near them.
const (
	idleTimeout    = 75 * time.Second
	maxHeaderBytes = maxQuery
	maxStreams     = 100
	maxFrame       = 16 << 10
	pingAfter      = 30 * time.Second
	pingTimeout    = 10 * time.Second
)

// newServer returns the public server with its limits.
func newServer(g *Gateway) *http.Server {
	return &http.Server{
		Handler:        g.handler,
		ReadTimeout:    g.options.BodyTimeout, // of headers and body together: one deadline a request
		IdleTimeout:    idleTimeout,
		MaxHeaderBytes: maxHeaderBytes,
		ErrorLog:       slog.NewLogLogger(serverLog{g}, slog.LevelWarn),
		ConnState:      g.watchState,
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: maxStreams,
			MaxReadFrameSize:     maxFrame,
			SendPingTimeout:      pingAfter,
			PingTimeout:          pingTimeout,
			WriteByteTimeout:     g.options.WriteTimeout,
		},
	}
}

// Serve answers what comes in on listener, over TLS when a certificate is
// configured, until [Gateway.Shutdown] is called, and then returns nil. When ctx
// ends first, open connections are cut. A Gateway serves once, on one listener,
// which Serve closes.
func (g *Gateway) Serve(ctx context.Context, listener net.Listener) error {
	limited := newLimitedListener(listener, g.options.MaxConnections)
	if g.certificate == nil {
		return g.run(ctx, func() error { return g.server.Serve(limited) })
	}
	g.server.TLSConfig = g.certificate.config()
	watching, stop := context.WithCancel(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		g.certificate.watch(watching)
	}()
	defer func() {
		stop()
		<-watched
	}()
	return g.run(ctx, func() error { return g.server.ServeTLS(limited, "", "") })
}

// run serves until the server is shut down or ctx ends.
func (g *Gateway) run(ctx context.Context, serve func() error) error {
	stop := context.AfterFunc(ctx, func() { _ = g.server.Close() }) // closing a listener twice is no news
	defer stop()
	if err := serve(); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve callbacks: %w", err)
	}
	return nil
}

// Shutdown stops accepting, lets what is in flight finish, and returns when it
// has. When ctx ends first it cuts what is left and says so.
func (g *Gateway) Shutdown(ctx context.Context) error {
	if err := g.server.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("finish callbacks in flight: %w", err), g.server.Close())
	}
	return nil
}

// loggedError is how much of a line of net/http is logged, in bytes.
const loggedError = 512

// serverLog passes the lines of net/http on, once in a while: a scanner makes
// one for every connection. It is a [slog.Handler] without attributes.
type serverLog struct{ gateway *Gateway }

// Enabled leaves the level to the logger behind.
func (l serverLog) Enabled(context.Context, slog.Level) bool { return true }

// Handle logs one line.
func (l serverLog) Handle(ctx context.Context, record slog.Record) error {
	g := l.gateway
	if unlogged, ok := g.serverLog.allow(g.options.Now()); ok {
		shown := record.Message[:min(len(record.Message), loggedError)]
		g.log.WarnContext(ctx, "trouble with a connection", "detail", shown, "unlogged", unlogged)
	}
	return nil
}

// WithAttrs returns l: net/http adds none.
func (l serverLog) WithAttrs([]slog.Attr) slog.Handler { return l }

// WithGroup returns l: net/http opens none.
func (l serverLog) WithGroup(string) slog.Handler { return l }
