package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"
)

// firstHandedOver is the descriptor of the first listener that a service manager
// hands over (sd_listen_fds(3)).
const firstHandedOver = 3

// Listen returns the public listener: the one that the service manager hands
// over (LISTEN_PID, LISTEN_FDS), in which case addr is not used, else a new one
// on addr. A listener handed over stays open across restarts, so that nobody is
// refused meanwhile. The variables are removed from the environment, for they are
// not meant for our own children.
//
// An address in use is reported with its holder, where the system tells, and
// with the flag that chooses another.
func Listen(ctx context.Context, addr string, log *slog.Logger) (net.Listener, error) {
	listener, err := handedOver()
	if err != nil {
		return nil, fmt.Errorf("take over listener: %w", err)
	}
	if listener != nil {
		log.InfoContext(ctx, "listening on the socket of the service manager", "addr", listener.Addr().String())
		return listener, nil
	}
	config := net.ListenConfig{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: time.Minute, Interval: 15 * time.Second, Count: 4,
	}}
	// Callbacks come over plain TCP; the holder of a multipath socket cannot be named.
	config.SetMultipathTCP(false)
	listener, err = config.Listen(ctx, "tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("listen on %s: in use by %s; stop it, or choose another address with --listen: %w", addr, Holder(addr), err)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("listen on %s: not allowed; choose a port above 1023 with --listen: %w", addr, err)
	case err != nil:
		return nil, fmt.Errorf("listen on %s (--listen): %w", addr, err)
	}
	return listener, nil
}

// handedOver returns the listener of the service manager, or nil when there is
// none for this process.
func handedOver() (net.Listener, error) {
	pid, count := os.Getenv("LISTEN_PID"), os.Getenv("LISTEN_FDS")
	if pid != strconv.Itoa(os.Getpid()) {
		return nil, nil //nolint:nilnil // nothing handed over is no error
	}
	for _, name := range []string{"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"} {
		if err := os.Unsetenv(name); err != nil {
			return nil, fmt.Errorf("unset %s: %w", name, err)
		}
	}
	if count != "1" {
		return nil, fmt.Errorf("LISTEN_FDS is %q, and one listener is wanted", count)
	}
	file := os.NewFile(firstHandedOver, "LISTEN_FD_3")
	if file == nil {
		return nil, errors.New("descriptor 3 is not open")
	}
	defer func() { _ = file.Close() }() // the listener has a descriptor of its own
	listener, err := net.FileListener(file)
	if err != nil {
		return nil, fmt.Errorf("descriptor 3 is not a listening socket: %w", err)
	}
	return listener, nil
}

// someProcess stands for a holder that cannot be named.
const someProcess = "another process"
