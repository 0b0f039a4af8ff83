// Command first is a plugin as it was built on the first wire: its messages are
// frozen in wirepb beside it, it answers one callback a call, and it offers
// nothing that came by capability. It uses go-plugin by itself and nothing of
// ours. Every gateway of protocol major 1 has to run it, so nothing here changes
// when the wire grows.
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/switchhook/switchhook/sdk/conformance/testdata/first/wirepb"
)

// protocol is the major that this program speaks. The tests build another one of
// a later major with -ldflags "-X main.protocol=2".
var protocol = "1"

const largest = 9 << 20

func main() {
	version, err := strconv.Atoi(protocol)
	if err != nil || version < 1 {
		log.Fatalf("protocol %s is none", protocol)
	}
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: plugin.HandshakeConfig{
			ProtocolVersion:  uint(version),
			MagicCookieKey:   "SWITCHHOOK_PLUGIN",
			MagicCookieValue: "7c9a4c1e-callbacks-by-switchhook",
		},
		Plugins: plugin.PluginSet{"switchhook": &glue{}},
		GRPCServer: func(options []grpc.ServerOption) *grpc.Server {
			server := grpc.NewServer(append(options, grpc.MaxRecvMsgSize(largest), grpc.MaxSendMsgSize(largest))...)
			go stopWhenTold(server)
			return server
		},
	})
}

func stopWhenTold(server *grpc.Server) {
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGTERM)
	<-told
	time.AfterFunc(200*time.Millisecond, server.Stop)
	server.GracefulStop()
}

type glue struct{ plugin.NetRPCUnsupportedPlugin }

func (*glue) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	wirepb.RegisterPluginServiceServer(s, &first{})
	return nil
}

func (*glue) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, nil
}

// first greets those who add a friend.
type first struct {
	wirepb.UnimplementedPluginServiceServer

	mu       sync.Mutex
	settings *settings
}

type settings struct {
	Greeting string `json:"greeting"`
}

const command = "Sns.CallbackFriendAdd"

func (f *first) Describe(context.Context, *wirepb.DescribeRequest) (*wirepb.DescribeResponse, error) {
	return &wirepb.DescribeResponse{
		Name: "first", Version: "1.0.0", Language: "go", Claims: []*wirepb.Claim{{Pattern: command, Idempotent: true}},
		ConfigSchema: []byte(`{"type": "object", "properties": {"greeting": {"type": "string"}}, "additionalProperties": false}`),
	}, nil
}

func (f *first) Configure(_ context.Context, m *wirepb.ConfigureRequest) (*wirepb.ConfigureResponse, error) {
	s := settings{Greeting: "hello"}
	if raw := m.GetConfig(); len(raw) > 0 {
		decoder := json.NewDecoder(strings.NewReader(string(raw)))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&s); err != nil {
			return &wirepb.ConfigureResponse{Error: err.Error()}, nil
		}
	}
	if !m.GetDryRun() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.settings = &s
	}
	return &wirepb.ConfigureResponse{}, nil
}

func (f *first) Handle(_ context.Context, m *wirepb.HandleRequest) (*wirepb.HandleResponse, error) {
	f.mu.Lock()
	s := f.settings
	f.mu.Unlock()
	var event struct {
		PairList []struct {
			From string `json:"From_Account"`
		}
	}
	switch {
	case s == nil:
		return &wirepb.HandleResponse{Result: wirepb.Result_RESULT_FAILED, ErrorInfo: "not configured"}, nil
	case m.GetCommand() != command:
		return &wirepb.HandleResponse{Result: wirepb.Result_RESULT_UNSUPPORTED, ErrorInfo: "not claimed"}, nil
	case json.Unmarshal(m.GetBody(), &event) != nil:
		return &wirepb.HandleResponse{Result: wirepb.Result_RESULT_MALFORMED, ErrorInfo: "no friend request"}, nil
	}
	return &wirepb.HandleResponse{Result: wirepb.Result_RESULT_HANDLED, ErrorInfo: s.Greeting}, nil
}
