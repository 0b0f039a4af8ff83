package sdktest

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/switchhook/switchhook/sdk/serve"
	"github.com/switchhook/switchhook/sdk/wire"
	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

// beginHere begins a plugin in this process.
func beginHere(p serve.Plugin, logger *slog.Logger) (*wire.Client, func(context.Context) error, error) {
	session, err := serve.NewSession(p, logger)
	if err != nil {
		return nil, nil, err
	}
	conn, hangUp, err := connect(session.Server())
	if err != nil {
		return nil, nil, err
	}
	client := wire.NewClient(conn, wire.ClientOptions{Logger: logger})
	stop := func(ctx context.Context) error {
		err := session.Close(ctx)
		// The last answers still have to arrive; where they do not, err says it.
		_ = settle(ctx, func() bool { return client.InFlight() == 0 })
		_ = client.Close() // has no error of its own
		if ended := hangUp(); ended != nil && err == nil {
			err = fmt.Errorf("stop link: %w", ended)
		}
		return err
	}
	return client, stop, nil
}

// connect joins the two ends by a unix socket, as in production.
func connect(server *wire.Server) (*grpc.ClientConn, func() error, error) {
	dir, err := os.MkdirTemp("", "sh") // short: a socket's path has a limit
	if err != nil {
		return nil, nil, fmt.Errorf("make socket directory: %w", err)
	}
	path := filepath.Join(dir, "s")
	listener, err := net.Listen("unix", path) //nolint:noctx // binding a unix socket does not wait
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, nil, fmt.Errorf("listen for link: %w", err)
	}
	gs := server.NewGRPC(nil)
	wirepb.RegisterPluginServiceServer(gs, server)
	grpc_health_v1.RegisterHealthServer(gs, health.NewServer()) // as go-plugin does; the link answers in its place
	served := make(chan error, 1)
	go func() { served <- gs.Serve(listener) }()
	stopServer := func() error {
		gs.Stop()
		err := <-served
		_ = os.RemoveAll(dir)
		return err
	}
	conn, err := grpc.NewClient("unix:"+path,
		append(wire.DialOptions(), grpc.WithTransportCredentials(insecure.NewCredentials()))...)
	if err != nil {
		_ = stopServer()
		return nil, nil, fmt.Errorf("dial link: %w", err)
	}
	return conn, func() error { _ = conn.Close(); return stopServer() }, nil
}
