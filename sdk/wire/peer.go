package wire

import (
	"errors"
	"fmt"
	"net"
	"syscall"
)

// CheckPeer returns an error unless the process at the other end of conn, a unix
// socket, is user's (a uid). A file or a path only says who wrote or made it; the
// system says who listens, or has connected.
func CheckPeer(conn net.Conn, user int) error {
	socket, ok := conn.(syscall.Conn)
	if !ok {
		return fmt.Errorf("ask who is at the other end: a %T cannot say", conn)
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return fmt.Errorf("ask who is at the other end: %w", err)
	}
	var peer int
	var asked error
	err = raw.Control(func(fd uintptr) { peer, asked = peerOf(int(fd)) })
	if err := errors.Join(err, asked); err != nil {
		return fmt.Errorf("ask who is at the other end: %w", err)
	}
	if peer != user {
		return fmt.Errorf("the other end is a process of user %d, and only one of user %d will do", peer, user)
	}
	return nil
}
