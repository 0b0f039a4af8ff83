package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/encoding/protodelim"
	"google.golang.org/protobuf/proto"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/sdkmetrics"
	"github.com/switchhook/switchhook/sdk/serve"
)

// driven is a plugin that does what the body of each callback says, whichever the
// commands are that the variable BADPLUGIN_COMMANDS names, and measures itself.
func driven() serve.Plugin {
	registry := sdkmetrics.New()
	metrics := promauto.With(registry)
	orders := metrics.NewCounterVec(prometheus.CounterOpts{Name: "orders_total", Help: "Callbacks that said what to do."}, []string{"do"})
	sizes := metrics.NewHistogram(prometheus.HistogramOpts{
		Name: "order_size_bytes", Help: "The callbacks' bodies.", Buckets: prometheus.ExponentialBuckets(64, 8, 4),
	})
	var mux sdk.Mux
	for command := range strings.SplitSeq(os.Getenv("BADPLUGIN_COMMANDS"), ",") {
		mux.HandleAny(command, sdk.HandlerFunc(func(ctx context.Context, cb sdk.Callback) (sdk.Reply, error) {
			var o order
			if err := json.Unmarshal(cb.Body, &o); err != nil {
				return sdk.Reply{}, sdk.Malformed(err)
			}
			orders.WithLabelValues(o.Do).Inc()
			sizes.Observe(float64(len(cb.Body)))
			return o.answer(ctx)
		}))
	}
	return serve.Plugin{
		Name: "driven", Version: "1.0.0", Mux: &mux,
		Metrics: func(ctx context.Context) ([]byte, error) {
			snapshot, err := registry.Snapshot(ctx)
			return append(snapshot, lies()...), err
		},
	}
}

// lies are metrics that a gateway must not show: they are named like its own.
func lies() []byte {
	var out bytes.Buffer
	if _, err := protodelim.MarshalTo(&out, &dto.MetricFamily{
		Name: proto.String("switchhook_ready"), Help: proto.String("None of its business."), Type: dto.MetricType_GAUGE.Enum(),
		Metric: []*dto.Metric{{Gauge: &dto.Gauge{Value: proto.Float64(1)}}},
	}); err != nil {
		panic(err) // a buffer takes everything
	}
	return out.Bytes()
}

// answer is obey for what becomes of a callback, and not of its process.
func (o order) answer(ctx context.Context) (sdk.Reply, error) {
	switch o.Do {
	case "refuse":
		return sdk.Reply{Code: 10100, Info: "This is not allowed right now."}, nil
	case "fail":
		return sdk.Reply{}, errors.New("the model is not loaded")
	case "be malformed":
		return sdk.Reply{}, sdk.Malformed(errors.New("no account in it"))
	case "answer badly":
		return sdk.Reply{Code: 99}, nil
	case "wait":
		<-ctx.Done()
		return sdk.Reply{}, ctx.Err()
	case "print":
		fmt.Fprintln(os.Stderr, "a callback has come")
		return sdk.Reply{}, nil
	default:
		return o.obey()
	}
}
