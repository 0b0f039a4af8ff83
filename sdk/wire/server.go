package wire

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

// Service is what a plugin offers over the link.
type Service struct {
	// Description is what the plugin says of itself. The capabilities that the
	// link itself gives, stream, drain and metrics, need not be named.
	Description Description
	// Configure takes the settings, once and before the first callback; nil
	// takes any. The text of its error is for the operator.
	Configure func(context.Context, Configuration) error
	// Handler answers the callbacks. It may panic: the call has then failed, and
	// no other is touched.
	Handler sdk.Handler
	// Health says why the plugin is not well; nil is always well.
	Health func(context.Context) error
	// Metrics returns the plugin's metrics as CollectMetrics has them, at most
	// MaxMetrics bytes; nil: the plugin does not offer them.
	Metrics func(context.Context) ([]byte, error)
	// Logger gets the stacks of panics; nil means slog.Default.
	Logger *slog.Logger
	// MaxInFlight is how many calls each stream may have at once; 0 means 4096.
	// Further ones are refused as overloaded.
	MaxInFlight int
}

// Server is the plugin's end of the link.
type Server struct {
	wirepb.UnimplementedPluginServiceServer

	service Service
	running tally

	stopOnce sync.Once
	stopped  chan struct{}

	configuring sync.Mutex
	configured  atomic.Bool // Configure has succeeded, and not as a dry run

	checkups checkups
}

// NewServer returns the plugin's end for service.
func NewServer(service Service) *Server {
	if service.Logger == nil {
		service.Logger = slog.Default()
	}
	if service.MaxInFlight <= 0 {
		service.MaxInFlight = defaultMaxInFlight
	}
	offered := slices.Clone(service.Description.Capabilities)
	given := []string{CapabilityStream, CapabilityDrain}
	if service.Metrics != nil {
		given = append(given, CapabilityMetrics)
	}
	for _, own := range given {
		if !slices.Contains(offered, own) {
			offered = append(offered, own)
		}
	}
	service.Description.Capabilities = offered
	return &Server{service: service, stopped: make(chan struct{})}
}

// NewGRPC returns a gRPC server with opts, the link's sizes and the plugin's
// true health. It has the form of plugin.ServeConfig.GRPCServer. The caller
// registers the services.
func (s *Server) NewGRPC(opts []grpc.ServerOption) *grpc.Server {
	return grpc.NewServer(slices.Concat(opts, ServerOptions(), []grpc.ServerOption{
		grpc.ChainUnaryInterceptor(s.interceptHealth),
		grpc.ChainStreamInterceptor(interceptWatch),
	})...)
}

// Describe implements the protocol.
func (s *Server) Describe(context.Context, *wirepb.DescribeRequest) (*wirepb.DescribeResponse, error) {
	return s.service.Description.message(), nil
}

// Configure implements the protocol. A second one is refused: a change of
// settings is a change of the process.
func (s *Server) Configure(ctx context.Context, m *wirepb.ConfigureRequest) (*wirepb.ConfigureResponse, error) {
	s.configuring.Lock()
	defer s.configuring.Unlock()
	err := errConfigured
	if !s.configured.Load() {
		err = s.callConfigure(ctx, configuration(m))
	}
	if err != nil {
		return &wirepb.ConfigureResponse{Error: cut(err.Error())}, nil
	}
	if !m.GetDryRun() {
		s.configured.Store(true)
	}
	return &wirepb.ConfigureResponse{}, nil
}

var errConfigured = errors.New("the plugin is configured already: a change of settings takes a new process")

// Handle implements the protocol.
func (s *Server) Handle(ctx context.Context, m *wirepb.HandleRequest) (*wirepb.HandleResponse, error) {
	response := &wirepb.HandleResponse{}
	open := s.running.enter()
	defer s.running.leave(1)
	if !open {
		fillFault(response, errDraining)
		return response, nil
	}
	reply, err := s.call(ctx, callback(m))
	if ctx.Err() != nil {
		return nil, status.FromContextError(ctx.Err()).Err() //nolint:wrapcheck // a status is for gRPC
	}
	fillResponse(response, reply, err)
	return response, nil
}

// Drain implements the protocol.
func (s *Server) Drain(ctx context.Context, m *wirepb.DrainRequest) (*wirepb.DrainResponse, error) {
	if n := m.GetTimeoutNanos(); n > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(n))
		defer cancel()
	}
	return &wirepb.DrainResponse{Remaining: number(s.Finish(ctx))}, nil
}

// Finish refuses calls from now on, waits until those under way are answered or
// ctx ends, and returns how many are left.
func (s *Server) Finish(ctx context.Context) int { return s.running.finish(ctx) }

// Stop ends the streams, so that the gRPC server can stop in good order, which
// never ends a stream itself. Calls under way are cancelled; see [Server.Finish].
func (s *Server) Stop() {
	s.stopOnce.Do(func() { close(s.stopped) })
}

var errUnconfigured = errors.New("the plugin is not configured yet")

// draining are the words by which the gateway tells this refusal from a handler's; see
// [ErrDraining].
const draining = "the plugin is draining"

var errDraining = sdk.Overloaded(0, errors.New(draining))

// call asks the handler and survives it.
func (s *Server) call(ctx context.Context, cb sdk.Callback) (reply sdk.Reply, err error) {
	if s.service.Configure != nil && !s.configured.Load() {
		return sdk.Reply{}, errUnconfigured
	}
	defer s.surviveHandler(cb, &err)
	return s.service.Handler.Handle(ctx, cb) // its fault travels as it is
}

func (s *Server) callConfigure(ctx context.Context, cfg Configuration) (err error) {
	if s.service.Configure == nil {
		return nil
	}
	defer s.survive("configure", &err)
	return s.service.Configure(ctx, cfg)
}

// survive, deferred, turns a panic into an error and logs its stack.
func (s *Server) survive(what string, err *error) {
	value := recover()
	if value == nil {
		return
	}
	s.service.Logger.Error("plugin code panicked", "in", what, "panic", fmt.Sprint(value), "stack", string(debug.Stack()))
	*err = fmt.Errorf("%s panicked: %v", what, value)
}

// surviveHandler is survive for a callback. The value of the panic may quote its body,
// and goes to the gateway alone, which logs it without that; the type stands here.
func (s *Server) surviveHandler(cb sdk.Callback, err *error) {
	value := recover()
	if value == nil {
		return
	}
	shown := fmt.Sprintf("%T", value)
	if mistake, ok := value.(runtime.Error); ok {
		shown = mistake.Error()
	}
	s.service.Logger.Error("plugin code panicked",
		"in", "handler", "id", cb.ID, "command", cb.Command, "panic", shown, "stack", string(debug.Stack()))
	*err = fmt.Errorf("handler panicked: %v", value)
}
