package admin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const (
	// dialPathLimit is how long the path of a unix socket may be, in bytes: Linux
	// takes 107 and macOS 103 (sun_path, less the closing zero). One number for
	// both keeps a data dir portable.
	dialPathLimit = 103
	// bindPathLimit leaves room for the socket's first name, which is longer than
	// its last: ".a4294967295/s" for "admin.sock".
	bindPathLimit = dialPathLimit - 4
)

// ListenSocket binds the unix socket at path, with mode 0600 from its first
// moment: it is bound inside a private directory and then moved. What a dead
// gateway left behind is replaced; a living one is not, and neither is a file
// that is no socket. The missing parents of path are made, with mode 0700.
// Closing the listener removes the socket, unless somebody else has put their
// own in its place.
func ListenSocket(ctx context.Context, path string) (net.Listener, error) {
	if err := checkPathLength(path, bindPathLimit); err != nil {
		return nil, err
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make directory of admin socket: %w", err)
	}
	// Two gateways that start at once must not both find the place free.
	unlock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := checkFree(ctx, path); err != nil {
		return nil, err
	}
	return bindPrivately(ctx, dir, path)
}

// checkPathLength explains what the kernel would call an invalid argument.
func checkPathLength(path string, limit int) error {
	if len(path) <= limit {
		return nil
	}
	return fmt.Errorf("admin socket %s: the path has %d bytes and may have %d: choose a shorter --data-dir, or a relative one",
		path, len(path), limit)
}

// lockFile takes the lock at path, and returns what lets go of it. The file
// stays: removing it would let a third process lock another file of that name.
func lockFile(path string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Clean(path), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock of admin socket: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("lock admin socket %s: another gateway is starting with the same --data-dir: %w", path, err)
	}
	return func() {
		_ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN) // a process that is being started holds what is only closed
		_ = f.Close()
	}, nil
}

// checkFree reports nil where path may be replaced: nothing is there, or a
// socket that nobody listens on.
func checkFree(ctx context.Context, path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at admin socket: %w", err)
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("admin socket %s: the path is taken by something that is no socket; move it away or choose another --data-dir", path)
	}
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "unix", path)
	switch {
	case err == nil:
		_ = conn.Close()
		return fmt.Errorf("admin socket %s: another gateway answers there; stop it or choose another --data-dir", path)
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, fs.ErrNotExist):
		return nil
	default: // a full backlog, or another user's: somebody may well be there
		return fmt.Errorf("admin socket %s: cannot tell whether another gateway is there; stop it or choose another --data-dir: %w", path, err)
	}
}

// bindPrivately binds in a directory that nobody else may enter, sets the mode,
// and moves the socket to path.
func bindPrivately(ctx context.Context, dir, path string) (_ net.Listener, err error) {
	private, err := os.MkdirTemp(dir, ".a")
	if err != nil {
		return nil, fmt.Errorf("make private directory of admin socket: %w", err)
	}
	defer func() { _ = os.RemoveAll(private) }()
	first := filepath.Join(private, "s")
	l, err := (&net.ListenConfig{}).Listen(ctx, "unix", first)
	if err != nil {
		return nil, fmt.Errorf("bind admin socket: %w", err)
	}
	defer func() {
		if err != nil {
			_ = l.Close()
		}
	}()
	if err := os.Chmod(first, 0o600); err != nil {
		return nil, fmt.Errorf("set mode of admin socket: %w", err)
	}
	own, err := os.Lstat(first)
	if err != nil {
		return nil, fmt.Errorf("look at admin socket: %w", err)
	}
	if err := os.Rename(first, path); err != nil {
		return nil, fmt.Errorf("move admin socket to its place: %w", err)
	}
	return &socketListener{Listener: l, path: path, own: own}, nil
}

// socketListener removes its socket when it closes.
type socketListener struct {
	net.Listener
	path string
	own  fs.FileInfo
}

// Close stops listening and removes the socket if it is still this one's.
func (l *socketListener) Close() error {
	if now, err := os.Lstat(l.path); err == nil && os.SameFile(now, l.own) {
		_ = os.Remove(l.path)
	}
	if err := l.Listener.Close(); err != nil {
		return fmt.Errorf("close admin socket: %w", err)
	}
	return nil
}

// Addr returns the address that clients dial.
func (l *socketListener) Addr() net.Addr { return &net.UnixAddr{Name: l.path, Net: "unix"} }
