package admin

import "golang.org/x/sys/unix"

// peerOf returns who was at the other end when it connected.
func peerOf(fd int) (Peer, error) {
	peer, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return Peer{}, err //nolint:wrapcheck // a peer that is not known is not an error to tell
	}
	return Peer{UID: int(peer.Uid), PID: int(peer.Pid)}, nil
}
