package wire_test

import (
	"context"
	"fmt"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire"
	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

// Both ends over a connection. In production go-plugin makes it, and [wire.Plugin]
// is what it is given.
func Example() {
	server := wire.NewServer(wire.Service{
		Description: wire.Description{Name: "example", Version: "1.0.0"},
		Handler: sdk.HandlerFunc(func(_ context.Context, cb sdk.Callback) (sdk.Reply, error) {
			return sdk.Reply{Info: "handled " + cb.Command}, nil
		}),
	})
	grpcServer := server.NewGRPC(nil)
	wirepb.RegisterPluginServiceServer(grpcServer, server)
	listener := bufconn.Listen(1 << 20)
	done := make(chan error, 1)
	go func() { done <- grpcServer.Serve(listener) }()
	conn, err := grpc.NewClient("passthrough:example", append(wire.DialOptions(),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))...)
	if err != nil {
		fmt.Println(err)
		return
	}

	ctx := context.Background()
	client := wire.NewClient(conn, wire.ClientOptions{})
	d, err := client.Describe(ctx)
	fmt.Println(d.Name, d.Version, err)
	fmt.Println(client.Configure(ctx, wire.Configuration{DataDir: "/data/example"}))
	fmt.Println(client.Open(ctx)) // from here on calls travel by stream
	reply, err := client.Handle(ctx, sdk.Callback{Command: "Sns.CallbackFriendAdd"})
	fmt.Println(reply.Info, err)
	fmt.Println(client.Drain(ctx))

	_ = client.Close()
	_ = conn.Close()
	grpcServer.Stop()
	if err := <-done; err != nil {
		fmt.Println(err)
	}
	// Output:
	// example 1.0.0 <nil>
	// <nil>
	// <nil>
	// handled Sns.CallbackFriendAdd <nil>
	// <nil>
}
