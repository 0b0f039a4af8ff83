package wire

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

// ErrNoMetrics says that a plugin does not offer metrics.
var ErrNoMetrics = errors.New("the plugin offers no metrics")

// CollectMetrics asks the plugin what it measures: messages
// io.prometheus.client.MetricFamily, each behind its length. The error is
// [ErrNoMetrics] where the plugin does not offer any, and one whose gRPC code is
// ResourceExhausted where they are above [MaxMetrics]. Of a longer answer no more than
// that is read.
func (c *Client) CollectMetrics(ctx context.Context) ([]byte, error) {
	if d := c.offered.Load(); d != nil && !d.Has(CapabilityMetrics) {
		return nil, ErrNoMetrics
	}
	m, err := c.rpc.CollectMetrics(ctx, &wirepb.CollectMetricsRequest{}, grpc.MaxCallRecvMsgSize(MaxMetrics+metricsFrame))
	if status.Code(err) == codes.Unimplemented {
		return nil, ErrNoMetrics
	}
	if err != nil {
		return nil, fmt.Errorf("collect metrics of plugin: %w", err)
	}
	if err := tooManyMetrics(m.GetFamilies()); err != nil {
		return nil, fmt.Errorf("collect metrics of plugin: %w", err)
	}
	c.pulse.beat()
	return m.GetFamilies(), nil
}

// metricsFrame is more than what stands around the families in an answer.
const metricsFrame = 1 << 10

// CollectMetrics implements the protocol.
func (s *Server) CollectMetrics(ctx context.Context, _ *wirepb.CollectMetricsRequest) (*wirepb.CollectMetricsResponse, error) {
	if s.service.Metrics == nil {
		return nil, status.Error(codes.Unimplemented, ErrNoMetrics.Error()) //nolint:wrapcheck // a status is for gRPC
	}
	families, err := s.metrics(ctx)
	if err != nil {
		return nil, status.Error(codes.Internal, cut(err.Error())) //nolint:wrapcheck // a status is for gRPC
	}
	if err := tooManyMetrics(families); err != nil {
		return nil, err
	}
	return &wirepb.CollectMetricsResponse{Families: families}, nil
}

func (s *Server) metrics(ctx context.Context) (families []byte, err error) {
	if s.service.Configure != nil && !s.configured.Load() {
		return nil, errUnconfigured
	}
	defer s.survive("metrics", &err)
	return s.service.Metrics(ctx)
}

func tooManyMetrics(families []byte) error {
	if len(families) > MaxMetrics {
		return status.Errorf(codes.ResourceExhausted, "metrics of %d bytes are above the limit of %d", len(families), MaxMetrics)
	}
	return nil
}
