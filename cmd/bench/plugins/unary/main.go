// Command unary is the plugin of `make bench` without the stream: what a plugin
// in another language is at the least.
package main

import (
	"context"
	"errors"
	"runtime"
	"slices"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
	"github.com/switchhook/switchhook/sdk/wire"
	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

func main() {
	floor := make([]byte, 32<<20) // as package serve has it
	defer runtime.KeepAlive(floor)
	var mux sdk.Mux
	sdk.On(&mux, imevent.SnsBlackListAdd, func(_ context.Context, _ sdk.Callback, ev imevent.SnsBlackListAddEvent) (sdk.Ack, error) {
		if len(ev.PairList) == 0 {
			return sdk.Ack{}, sdk.Malformed(errors.New("no pairs"))
		}
		return sdk.Ack{}, nil
	})
	server := wire.NewServer(wire.Service{
		Description: wire.Description{Name: "bench", Version: "1", Claims: mux.Claims()}, Handler: &mux,
	})
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: wire.Handshake(),
		Plugins:         plugin.PluginSet{wire.PluginKey: &unary{server: server}},
		GRPCServer:      server.NewGRPC,
	})
}

// unary offers everything but the stream.
type unary struct {
	wire.Plugin

	server *wire.Server
}

// GRPCServer registers the plugin's end.
func (u *unary) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error { //nolint:unparam // go-plugin asks for it
	wirepb.RegisterPluginServiceServer(s, streamless{u.server})
	return nil
}

// streamless leaves the stream out of what the plugin says of itself.
type streamless struct{ *wire.Server }

// Describe implements the protocol.
func (s streamless) Describe(ctx context.Context, m *wirepb.DescribeRequest) (*wirepb.DescribeResponse, error) {
	d, err := s.Server.Describe(ctx, m)
	if err == nil {
		d.Capabilities = slices.DeleteFunc(d.GetCapabilities(), func(c string) bool { return c == wire.CapabilityStream })
	}
	return d, err
}
