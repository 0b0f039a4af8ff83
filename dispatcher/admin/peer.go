package admin

import (
	"context"
	"net"
	"os/user"
	"strconv"
)

// Peer is the process at the other end of the unix socket, as the system names it.
type Peer struct {
	// UID is the user that it ran as when it connected, and User that user's name,
	// where it has one.
	UID  int
	User string
	// PID is the process; zero where the system does not say.
	PID int
}

// String returns the user, such as "alice" or "uid 1000".
func (p Peer) String() string {
	if p.User != "" {
		return p.User
	}
	return "uid " + strconv.Itoa(p.UID)
}

type peerKey struct{}

// PeerOf returns who asked, of the context of a request that came over the unix
// socket.
func PeerOf(ctx context.Context) (Peer, bool) {
	p, ok := ctx.Value(peerKey{}).(Peer)
	return p, ok
}

// withPeer notes who is at the other end of a connection, for all its requests.
func withPeer(ctx context.Context, conn net.Conn) context.Context {
	local, ok := conn.(*net.UnixConn)
	if !ok {
		return ctx
	}
	raw, err := local.SyscallConn()
	if err != nil {
		return ctx
	}
	var peer Peer
	var failure error
	if err := raw.Control(func(fd uintptr) { peer, failure = peerOf(int(fd)) }); err != nil || failure != nil {
		return ctx
	}
	if account, err := user.LookupId(strconv.Itoa(peer.UID)); err == nil {
		peer.User = account.Username
	}
	return context.WithValue(ctx, peerKey{}, peer)
}
