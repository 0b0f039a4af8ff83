package wire

import (
	"time"

	"google.golang.org/grpc"
)

// The sizes of the link, in bytes.
const (
	// MaxBody is the largest callback body, and the largest reply, that the link
	// carries.
	MaxBody = 8 << 20
	// MaxMessage is the largest gRPC message: a body and what goes with it.
	MaxMessage = 9 << 20
	// MaxMetrics is the largest answer of CollectMetrics.
	MaxMetrics = 1 << 20
)

// The windows of HTTP/2, in bytes. A fixed window spares gRPC its measuring of the
// connection, which costs frames of its own and has nothing to find out on a
// socket of one machine. The connection's holds both lanes', so that one lane can
// never take the other's share.
const (
	streamWindow     = 4 << 20
	connectionWindow = 2 * streamWindow
)

// The shape of a stream.
const (
	// messageFrames and messageBytes end a message; see HandleStream in
	// plugin.proto.
	messageFrames = 64
	messageBytes  = 256 << 10

	// HeartbeatInterval is how often a plugin with nothing to say shows on each
	// stream that it is alive.
	HeartbeatInterval = 250 * time.Millisecond

	defaultMaxInFlight = 4096
	defaultQueueFrames = 1024
	defaultQueueBytes  = 32 << 20
)

// DialOptions returns the options that the gateway dials a plugin with: the
// sizes, for every call in both directions.
func DialOptions() []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithDefaultCallOptions(
			grpc.MaxCallRecvMsgSize(MaxMessage),
			grpc.MaxCallSendMsgSize(MaxMessage),
		),
		grpc.WithInitialWindowSize(streamWindow),
		grpc.WithInitialConnWindowSize(connectionWindow),
	}
}

// ServerOptions returns the sizes for the plugin's end. gRPC's own limit for
// what a server receives, 4 MiB, is too small. [Server.NewGRPC] includes them.
func ServerOptions() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.MaxRecvMsgSize(MaxMessage),
		grpc.MaxSendMsgSize(MaxMessage),
		grpc.InitialWindowSize(streamWindow),
		grpc.InitialConnWindowSize(connectionWindow),
	}
}
