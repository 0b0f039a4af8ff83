package wire

import "golang.org/x/sys/unix"

// peerOf returns the uid of who was at the other end when it connected or began
// to listen.
func peerOf(fd int) (int, error) {
	peer, err := unix.GetsockoptXucred(fd, unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
	if err != nil {
		return 0, err //nolint:wrapcheck // the caller's to word
	}
	return int(peer.Uid), nil
}
