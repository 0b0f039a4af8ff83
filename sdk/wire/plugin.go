package wire

import (
	"context"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

// The greeting between the gateway and a plugin process.
const (
	// ProtocolVersion is the major version of the protocol. It changes only when
	// old and new ends cannot understand each other at all; what is merely new
	// is a capability.
	ProtocolVersion = 1
	// PluginKey is the name of the only plugin in go-plugin's plugin set.
	PluginKey = "switchhook"
	// CookieKey and CookieValue are the environment variable by which a process
	// knows that the gateway started it. They keep people from running a plugin
	// by hand and waiting; they are no secret.
	CookieKey   = "SWITCHHOOK_PLUGIN"
	CookieValue = "7c9a4c1e-callbacks-by-switchhook"
)

// Handshake returns the greeting as go-plugin wants it, the same on both ends.
func Handshake() plugin.HandshakeConfig {
	return plugin.HandshakeConfig{
		ProtocolVersion:  ProtocolVersion,
		MagicCookieKey:   CookieKey,
		MagicCookieValue: CookieValue,
	}
}

// Plugin joins the two ends to go-plugin: put it under [PluginKey] into a
// plugin.PluginSet. The gateway fills in Options, a plugin fills in Served.
type Plugin struct {
	plugin.NetRPCUnsupportedPlugin

	// Options are what the gateway's end is made with.
	Options ClientOptions
	// Served is the plugin's end; nil in the gateway.
	Served *Server
}

var (
	_ plugin.Plugin     = (*Plugin)(nil)
	_ plugin.GRPCPlugin = (*Plugin)(nil)
)

// GRPCServer registers the plugin's end.
func (p *Plugin) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	wirepb.RegisterPluginServiceServer(s, p.Served)
	return nil
}

// GRPCClient returns the gateway's end, a *[Client].
func (p *Plugin) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return NewClient(conn, p.Options), nil
}
