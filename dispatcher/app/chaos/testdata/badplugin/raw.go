package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/switchhook/switchhook/sdk/wire"
	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

// serveRaw serves without the SDK, which would not let a plugin do all this. Its
// health is go-plugin's, which is always well.
func serveRaw() {
	_ = os.Setenv(wire.CookieKey, wire.CookieValue) // the test took it away: the SDK would guard standard output
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: wire.Handshake(), Logger: hclog.NewNullLogger(),
		Plugins: plugin.PluginSet{wire.PluginKey: &raw{}},
		GRPCServer: func(options []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(append(options, wire.ServerOptions()...), grpc.MaxSendMsgSize(1<<30))...)
		},
	})
}

// raw is a plugin that keeps to the protocol until it is told not to.
type raw struct {
	plugin.NetRPCUnsupportedPlugin
	wirepb.UnimplementedPluginServiceServer
}

func (r *raw) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	wirepb.RegisterPluginServiceServer(s, r)
	return nil
}

func (*raw) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, errors.New("this is the plugin's end")
}

func (*raw) Describe(context.Context, *wirepb.DescribeRequest) (*wirepb.DescribeResponse, error) {
	return &wirepb.DescribeResponse{
		Name: "bad", Version: "1.0.0", Language: "none", Claims: []*wirepb.Claim{{Pattern: misused}},
		Capabilities: []string{wire.CapabilityStream},
	}, nil
}

func (*raw) Configure(context.Context, *wirepb.ConfigureRequest) (*wirepb.ConfigureResponse, error) {
	return &wirepb.ConfigureResponse{}, nil
}

// HandleStream answers the calls of one lane, as their bodies say, and shows signs
// of life whatever they say.
func (*raw) HandleStream(stream wirepb.PluginService_HandleStreamServer) error {
	t := &track{stream: stream, ended: make(chan struct{})}
	defer close(t.ended)
	go t.beat()
	for {
		m, err := stream.Recv()
		if err != nil {
			return nil //nolint:nilerr // the gateway has left
		}
		for _, call := range m.GetCalls() {
			var o order
			if err := json.Unmarshal(call.GetBody(), &o); err != nil {
				return err
			}
			if o.Do == "close the stream" {
				return errors.New("told to close the stream")
			}
			if !t.deaf {
				t.answer(o, call)
			}
		}
	}
}

// track is one lane.
type track struct {
	stream wirepb.PluginService_HandleStreamServer
	ended  chan struct{}
	mu     sync.Mutex // guards sending
	deaf   bool       // nothing is answered any more
}

func (t *track) send(answers ...*wirepb.HandleResponse) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.stream.Send(&wirepb.HandleStreamResponse{Answers: answers})
}

func (t *track) beat() {
	tick := time.NewTicker(wire.HeartbeatInterval)
	defer tick.Stop()
	for t.send() == nil {
		select {
		case <-tick.C:
		case <-t.ended:
			return
		}
	}
}

func (t *track) answer(o order, call *wirepb.HandleRequest) {
	handled := &wirepb.HandleResponse{Result: wirepb.Result_RESULT_HANDLED, Sequence: call.GetSequence()}
	answers := []*wirepb.HandleResponse{handled}
	switch o.Do {
	case "answer nothing":
		t.deaf = true
		return
	case "answer late":
		time.AfterFunc(time.Duration(call.GetTimeoutNanos())+300*time.Millisecond, func() { _ = t.send(handled) })
		return
	case "answer twice":
		again := &wirepb.HandleResponse{Result: wirepb.Result_RESULT_FAILED, Sequence: call.GetSequence()}
		answers = append(answers, again, again)
	case "answer unknown calls":
		for i := range uint64(100) {
			stranger := &wirepb.HandleResponse{Result: wirepb.Result_RESULT_HANDLED, ErrorCode: 1, Sequence: 1<<40 + i}
			answers = append(answers, stranger)
		}
	case "print to stdout":
		if err := printToStdout(); err != nil {
			handled.Result, handled.ErrorInfo = wirepb.Result_RESULT_FAILED, err.Error()
		}
	case "answer 100 MB":
		handled.Extra = []byte(`{"Text":"` + strings.Repeat("x", 100<<20) + `"}`)
	}
	_ = t.send(answers...) // a stream that has ended has nobody to tell
}
