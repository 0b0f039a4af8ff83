package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/switchhook/switchhook/sdk/wire"
)

const (
	// noHurry takes the place of a deadline where somebody looks at a breakpoint.
	noHurry = 24 * time.Hour
	// attachEvery is the longest wait between two looks for a plugin that somebody
	// is about to start again.
	attachEvery = 2 * time.Second
)

// errDetached is the end of an attached plugin, as the gateway sees it.
var errDetached = errors.New("the attached plugin has closed its connection; it is looked for again")

// attached is the link to a process that somebody else started and will end. The
// gateway only comes and goes.
type attached struct {
	process int // its id, as its file says
	conn    *grpc.ClientConn
	gone    chan struct{} // closed when the connection has ended
	cancel  context.CancelFunc
	done    sync.WaitGroup
}

// attach comes to the plugin that waits where the plan's file says, and brings
// the link to ready.
func (l *launcher) attach(ctx context.Context, p plan, log *slog.Logger) (*instance, error) {
	dataDir, err := l.store.dataDir(p.name)
	if err != nil {
		return nil, err
	}
	where, err := wire.ReadReattach(p.reattach, l.user)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no plugin waits: %w", err)
	}
	if err != nil {
		return nil, err
	}
	a, err := dialAttached(ctx, where, l.user)
	if err != nil {
		return nil, err
	}
	in := &instance{end: a, dead: a.gone, log: log, curtain: newCurtain(p)}
	if err := in.bringUp(ctx, p, dataDir); err != nil {
		select {
		case <-a.gone:
			err = fmt.Errorf("it closed the connection; another gateway may be attached to it, or a handler has not returned since the last: %w", err)
		default:
		}
		err = in.curtain.err(err)
		in.abandon()
		if another(where, p) {
			err = fmt.Errorf("%w (what waits there calls itself %s)", err, where.Plugin)
		}
		return nil, err
	}
	if another(where, p) {
		log.WarnContext(ctx, "the plugin that waits calls itself by another name, and has got the settings and the commands of this one",
			"calls_itself", where.Plugin, "file", p.reattach)
	}
	in.readyAt = time.Now()
	return in, nil
}

// another reports whether the plugin that waits is called otherwise than the plan.
// That is allowed, and most often a slip.
func another(where wire.Reattach, p plan) bool { return where.Plugin != "" && where.Plugin != p.name }

// dialAttached connects once, to a process of user. When the connection ends, the
// link is at its end too: what listens there later is another process.
func dialAttached(ctx context.Context, where wire.Reattach, user int) (*attached, error) {
	var network net.Dialer
	socket, err := network.DialContext(ctx, where.Network, where.Address)
	if err != nil {
		return nil, fmt.Errorf("no plugin waits: %w", err)
	}
	// Callbacks and settings are for what listens there, whoever wrote the file.
	if err := wire.CheckPeer(socket, user); err != nil {
		_ = socket.Close() // never used
		return nil, fmt.Errorf("attach to %s: %w", where.Address, err)
	}
	sockets := make(chan net.Conn, 1)
	sockets <- socket
	conn, err := grpc.NewClient("passthrough:///attached", append(wire.DialOptions(),
		grpc.WithTransportCredentials(insecure.NewCredentials()), // both ends are this user's
		grpc.WithIdleTimeout(0),
		grpc.WithContextDialer(func(context.Context, string) (net.Conn, error) {
			select {
			case socket := <-sockets:
				return socket, nil
			default:
				return nil, errDetached
			}
		}))...)
	if err != nil {
		_ = socket.Close() // never used
		return nil, fmt.Errorf("attach: %w", err)
	}
	watching, cancel := context.WithCancel(context.WithoutCancel(ctx))
	a := &attached{process: where.PID, conn: conn, gone: make(chan struct{}), cancel: cancel}
	conn.Connect()
	a.done.Go(func() { a.watch(watching) })
	return a, nil
}

// watch waits for the end of the connection.
func (a *attached) watch(ctx context.Context) {
	defer close(a.gone)
	for up := false; ; {
		state := a.conn.GetState()
		up = up || state == connectivity.Ready
		over := state == connectivity.TransientFailure || state == connectivity.Shutdown
		if over || up && state != connectivity.Ready || !a.conn.WaitForStateChange(ctx, state) {
			return
		}
	}
}

// connect uses the connection that is there.
func (a *attached) connect(_ context.Context, log *slog.Logger) (*wire.Client, int, error) {
	return wire.NewClient(a.conn, wire.ClientOptions{Logger: log}), a.process, nil
}

func (a *attached) fate() (exitReason, error) { return exitClean, errDetached }

// stop leaves the process alone: it is somebody else's to end.
func (a *attached) stop(context.Context, time.Duration) error { return nil }

// release closes the connection, which is all that the plugin hears of it.
func (a *attached) release() {
	a.cancel()
	_ = a.conn.Close() // never used again
	a.done.Wait()
}
