package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire"
)

// longestSocket is what a socket's path may have, in bytes, on every system.
const longestSocket = 103

// waiting is a plugin that was started by hand and waits for gateways, one after
// the other: what a debugger sees.
type waiting struct {
	plugin   Plugin
	file     string // says where it waits
	socket   string
	listener net.Listener
	logger   *slog.Logger
	user     int // whose gateways are let in
	defaults defaults
}

// waitForGateway serves gateways of user (a uid) until SIGINT or SIGTERM ends the
// process.
func (p Plugin) waitForGateway(file string, user int, stderr io.Writer, logger *slog.Logger) error {
	file, err := filepath.Abs(file)
	if err != nil {
		return fmt.Errorf("%s: %w", wire.AttachKey, err)
	}
	w := &waiting{plugin: p, file: file, socket: filepath.Join(file+".d", "s"), user: user, logger: logger, defaults: keepDefaults(p.Config)}
	told, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := w.open(told); err != nil {
		return err
	}
	context.AfterFunc(told, stop) // a second signal ends the process at once
	invite(stderr, &p, file)
	return errors.Join(w.serve(told), w.remove())
}

// open listens where only this user can connect, and says where.
func (w *waiting) open(ctx context.Context) error {
	dir := filepath.Dir(w.socket)
	if len(w.socket) > longestSocket {
		return fmt.Errorf("%s: the socket %s would have a path of %d bytes, and %d is the most: choose a shorter one",
			wire.AttachKey, w.socket, len(w.socket), longestSocket)
	}
	var network net.Dialer
	if other, err := network.DialContext(ctx, "unix", w.socket); err == nil {
		_ = other.Close() // only to see that somebody is there
		return fmt.Errorf("%s: a plugin waits at %s already: end it first, or choose another file", wire.AttachKey, w.file)
	}
	// What a killed process left is removed. A directory that is made now is ours
	// and closed to others, whatever was there before.
	_ = os.Remove(w.socket)
	_ = os.Remove(dir)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return fmt.Errorf("%s: make a directory for the socket: %w", wire.AttachKey, err)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "unix", w.socket)
	if err != nil {
		return errors.Join(fmt.Errorf("%s: listen: %w", wire.AttachKey, err), os.Remove(dir))
	}
	w.listener = listener
	err = wire.Reattach{
		Protocol: wire.ProtocolVersion, Plugin: w.plugin.Name, Network: "unix", Address: w.socket, PID: os.Getpid(),
	}.Save(w.file)
	if err != nil {
		return errors.Join(fmt.Errorf("%s: %w", wire.AttachKey, err), listener.Close(), os.Remove(dir))
	}
	return nil
}

// serve takes gateways until ctx ends, one at a time.
func (w *waiting) serve(ctx context.Context) error {
	connections := make(chan net.Conn)
	failed := make(chan error, 1)
	go func() { failed <- w.accept(ctx, connections) }()
	door := &door{waiting: w}
	for {
		select {
		case conn := <-connections:
			door.arrive(ctx, conn)
		case <-door.patience:
			door.turnAway(ctx)
		case err := <-door.left:
			door.depart(ctx, err)
		case err := <-failed:
			return fmt.Errorf("%s: accept a gateway: %w", wire.AttachKey, err)
		case <-ctx.Done():
			_ = w.listener.Close() // ends the accepting,
			<-failed               //nolint:errcheck // whose error is what we ask for
			return door.close()
		}
	}
}

// accept passes connections on until the listener is closed, and returns why.
func (w *waiting) accept(ctx context.Context, connections chan<- net.Conn) error {
	for {
		conn, err := w.listener.Accept()
		if err != nil {
			return err //nolint:wrapcheck // the caller's to word
		}
		if err := wire.CheckPeer(conn, w.user); err != nil {
			w.logger.WarnContext(ctx, "somebody else than a gateway of this user was turned away", "err", err)
			_ = conn.Close() // that is the message
			continue
		}
		select {
		case connections <- conn:
		case <-ctx.Done():
			_ = conn.Close() // nobody will serve it
		}
	}
}

// remove takes away what says that the plugin waits.
func (w *waiting) remove() error {
	_ = os.Remove(w.socket) // closing the listener has done so
	if err := errors.Join(os.Remove(w.file), os.Remove(filepath.Dir(w.socket))); err != nil {
		return fmt.Errorf("%s: remove: %w", wire.AttachKey, err)
	}
	return nil
}

// invite tells the person at the debugger what to type next.
func invite(stderr io.Writer, p *Plugin, file string) {
	command := "COMMAND"
	for _, claim := range p.Mux.Claims() {
		if claim.Specificity() == sdk.SpecificityExact {
			command = claim.Pattern
			break
		}
	}
	_, _ = fmt.Fprintf(stderr, `%s waits for a gateway; Ctrl-C ends it. In other terminals, type:

  switchhook serve --app 1400000001 --reattach %s=%s
  switchhook send %s --timeout 10m

`, p.Name, p.Name, file, command) // there is nobody else to tell
}
