package wire_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/switchhook/switchhook/internal/leaktest"
	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire"
	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

func TestMain(m *testing.M) {
	os.Exit(leaktest.Run(m))
}

const (
	afterCommand  = "Sns.CallbackBlackListAdd"
	beforeCommand = "Group.CallbackBeforeSendMsg"
)

// smallWindow keeps gRPC from taking in what nobody reads: by itself it grows its
// windows to megabytes.
const smallWindow = 64 << 10

// ends are both ends of a link over a unix socket.
type ends struct {
	client *wire.Client
	server *wire.Server
	conn   *grpc.ClientConn
	grpc   *grpc.Server
}

// serveOn serves what register registers on a fresh unix socket and returns a
// connection to it.
func serveOn(tb testing.TB, server *grpc.Server, options ...grpc.DialOption) *grpc.ClientConn {
	tb.Helper()
	dir, err := os.MkdirTemp("", "sh") //nolint:usetesting // a socket's path has to be short
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "s")
	listener, err := net.Listen("unix", path)
	if err != nil {
		tb.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener)
	}()
	// The test's own options come last, and so win.
	conn, err := grpc.NewClient("unix:"+path, slices.Concat(wire.DialOptions(),
		[]grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}, options)...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = conn.Close()
		server.Stop()
		<-done
	})
	return conn
}

// connect joins a service to a client; the streams are not open yet.
func connect(tb testing.TB, service wire.Service, options wire.ClientOptions) *ends {
	tb.Helper()
	if service.Logger == nil {
		service.Logger = slog.New(slog.DiscardHandler)
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	server := wire.NewServer(service)
	gs := server.NewGRPC(nil)
	wirepb.RegisterPluginServiceServer(gs, server)
	conn := serveOn(tb, gs)
	client := wire.NewClient(conn, options)
	tb.Cleanup(func() {
		if err := client.Close(); err != nil {
			tb.Error(err)
		}
		server.Stop()
	})
	return &ends{client: client, server: server, conn: conn, grpc: gs}
}

// open is connect with open streams.
func open(tb testing.TB, handler sdk.HandlerFunc, options wire.ClientOptions) *ends {
	tb.Helper()
	e := connect(tb, wire.Service{
		Description: wire.Description{Capabilities: []string{wire.CapabilityReplay, wire.CapabilityDryRun}},
		Handler:     handler,
	}, options)
	if _, err := e.client.Describe(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	if err := e.client.Open(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return e
}

func echo(_ context.Context, cb sdk.Callback) (sdk.Reply, error) {
	return sdk.Reply{Info: cb.ID}, nil
}

func event(command string) sdk.Callback {
	return sdk.Callback{
		ID: "0192f0c1-2345-7abc-8def-0123456789ab", Key: "1400000001/Sns.CallbackBlackListAdd/k", Command: command,
		AppID: "1400000001", ClientIP: "203.0.113.9", Platform: "iOS", ReceivedAt: time.Unix(1_700_000_000, 123).UTC(),
		Attempt: 1, Body: []byte(blackListAdd),
	}
}

const blackListAdd = `{"CallbackCommand":"Sns.CallbackBlackListAdd","PairList":[{"From_Account":"id","To_Account":"id1"},` +
	`{"From_Account":"id","To_Account":"id2"},{"From_Account":"id","To_Account":"id3"}],"EventTime":1670574414123}`

// ways are the two ways of a callback; promises hold on both.
func ways() map[string]wire.ClientOptions {
	return map[string]wire.ClientOptions{"by unary call": {Unary: true}, "by stream": {}}
}

// want fails the test unless err is a fault of that kind.
func want(t *testing.T, err error, kind sdk.FaultKind) sdk.Fault {
	t.Helper()
	fault, ok := errors.AsType[*sdk.Fault](err)
	if !ok || fault.Kind != kind {
		t.Errorf("err = %v (%T), want a fault of kind %s", err, err, kind)
		return sdk.Fault{}
	}
	return *fault
}

// until waits for a condition that another goroutine brings about.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	patience := time.Now().Add(4 * time.Minute)
	for !holds() {
		if time.Now().After(patience) {
			t.Fatalf("%s never held", what)
		}
		runtime.Gosched()
	}
}
