package wire_test

import (
	"context"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc"

	"github.com/switchhook/switchhook/sdk/wire"
	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

// fakePlugin is a plugin's end that a test bends as it likes: it speaks the
// protocol without the SDK, as a plugin in another language would.
type fakePlugin struct {
	wirepb.UnimplementedPluginServiceServer

	description *wirepb.DescribeResponse
	answer      func(*wirepb.HandleRequest) *wirepb.HandleResponse
	onCall      func(lane int, sequence uint64)
	onMessage   func(*wirepb.HandleStreamRequest)
	extra       func(*wirepb.HandleStreamResponse)
	metrics     []byte
	hold        <-chan struct{}                                     // the stream reads nothing until this is closed
	serve       func(wirepb.PluginService_HandleStreamServer) error // after the first heartbeat; nil: read and answer
	options     []grpc.ServerOption
	silent      bool // no heartbeat on a stream

	lanes atomic.Int32
}

func (f *fakePlugin) connect(tb testing.TB, options wire.ClientOptions) *wire.Client {
	tb.Helper()
	client := f.dial(tb, options)
	if err := client.Open(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return client
}

// dial is connect without the streams.
func (f *fakePlugin) dial(tb testing.TB, options wire.ClientOptions) *wire.Client {
	tb.Helper()
	gs := grpc.NewServer(slices.Concat(wire.ServerOptions(), []grpc.ServerOption{
		grpc.InitialWindowSize(smallWindow), grpc.InitialConnWindowSize(smallWindow),
	}, f.options)...)
	wirepb.RegisterPluginServiceServer(gs, f)
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	client := wire.NewClient(serveOn(tb, gs), options)
	tb.Cleanup(func() { _ = client.Close() })
	return client
}

func (f *fakePlugin) Describe(context.Context, *wirepb.DescribeRequest) (*wirepb.DescribeResponse, error) {
	if f.description != nil {
		return f.description, nil
	}
	return &wirepb.DescribeResponse{Name: "fake", Capabilities: []string{wire.CapabilityStream}}, nil
}

func (f *fakePlugin) Handle(_ context.Context, m *wirepb.HandleRequest) (*wirepb.HandleResponse, error) {
	return f.respond(m), nil
}

func (f *fakePlugin) CollectMetrics(ctx context.Context, m *wirepb.CollectMetricsRequest) (*wirepb.CollectMetricsResponse, error) {
	if f.metrics == nil {
		return f.UnimplementedPluginServiceServer.CollectMetrics(ctx, m)
	}
	return &wirepb.CollectMetricsResponse{Families: f.metrics}, nil
}

func (f *fakePlugin) HandleStream(stream wirepb.PluginService_HandleStreamServer) error {
	lane := int(f.lanes.Add(1)) - 1
	if f.silent {
		<-stream.Context().Done()
		return nil
	}
	if err := stream.Send(&wirepb.HandleStreamResponse{}); err != nil {
		return err
	}
	if f.serve != nil {
		return f.serve(stream)
	}
	if f.hold != nil {
		select {
		case <-f.hold:
		case <-stream.Context().Done():
			return nil
		}
	}
	for {
		m, err := stream.Recv()
		if err != nil {
			return err
		}
		if f.onMessage != nil {
			f.onMessage(m)
		}
		response := &wirepb.HandleStreamResponse{}
		for _, call := range m.GetCalls() {
			if f.onCall != nil {
				f.onCall(lane, call.GetSequence())
			}
			answer := f.respond(call)
			answer.Sequence = call.GetSequence()
			response.Answers = append(response.Answers, answer)
		}
		if f.extra != nil {
			f.extra(response)
		}
		if err := stream.Send(response); err != nil {
			return err
		}
	}
}

func (f *fakePlugin) respond(m *wirepb.HandleRequest) *wirepb.HandleResponse {
	if f.answer != nil {
		return f.answer(m)
	}
	return &wirepb.HandleResponse{Result: wirepb.Result_RESULT_HANDLED, ErrorInfo: m.GetId()}
}
