package wire

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// reasonKey is the trailer that says why a plugin is not well. The protocol of
// grpc.health.v1 has no place for a text; "-bin" allows any.
const reasonKey = "switchhook-health-bin"

// checkHealth asks for the service "plugin" and compares the status: an answer
// alone proves nothing.
func checkHealth(ctx context.Context, health grpc_health_v1.HealthClient) error {
	var trailer metadata.MD
	m, err := health.Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: plugin.GRPCServiceName}, grpc.Trailer(&trailer))
	if err != nil {
		return fmt.Errorf("check plugin: %w", err)
	}
	if m.GetStatus() == grpc_health_v1.HealthCheckResponse_SERVING {
		return nil
	}
	if reasons := trailer.Get(reasonKey); len(reasons) > 0 {
		return errors.New(text(reasons[0]))
	}
	return fmt.Errorf("check plugin: its status is %s", m.GetStatus())
}

// interceptHealth answers for the service "plugin" with the plugin's true
// health. go-plugin registers a health service of its own, which always says
// SERVING, and gRPC allows only one; so the question is caught on its way.
func (s *Server) interceptHealth(
	ctx context.Context, request any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler,
) (any, error) {
	check, ok := request.(*grpc_health_v1.HealthCheckRequest)
	if !ok || check.GetService() != plugin.GRPCServiceName {
		return next(ctx, request)
	}
	if err := s.healthy(ctx); err != nil {
		// Without the trailer the answer is the same, less the reason.
		_ = grpc.SetTrailer(ctx, metadata.Pairs(reasonKey, cut(err.Error())))
		return &grpc_health_v1.HealthCheckResponse{Status: grpc_health_v1.HealthCheckResponse_NOT_SERVING}, nil
	}
	return &grpc_health_v1.HealthCheckResponse{Status: grpc_health_v1.HealthCheckResponse_SERVING}, nil
}

// interceptWatch refuses to watch the service "plugin": its health is asked for,
// not announced, and go-plugin's answer would be untrue.
func interceptWatch(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	if info.FullMethod == grpc_health_v1.Health_Watch_FullMethodName {
		return status.Error(codes.Unimplemented, "watch is not offered: use Check") //nolint:wrapcheck // a status is for gRPC
	}
	return next(srv, stream)
}
