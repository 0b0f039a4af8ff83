// Package sdkmetrics is a Prometheus registry for plugins that measure themselves.
//
//	metrics := sdkmetrics.New()
//	blocked := promauto.With(metrics).NewCounter(prometheus.CounterOpts{Name: "blocked_total", Help: "Accounts blocked."})
//	serve.Plugin{Name: "mine", Mux: &mux, Metrics: metrics.Snapshot}.Run()
//
// A plugin opens no port: the gateway asks for the snapshot over the link that is
// there already. The names are the plugin's own, but none begins with
// "switchhook_" or "__", and the labels "plugin" and "replica" are the gateway's.
package sdkmetrics

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/encoding/protodelim"
)

// Registry collects a plugin's metrics. It is a prometheus.Registerer, and may be
// used from many goroutines at once.
type Registry struct {
	prometheus.Registerer

	gatherer prometheus.Gatherer
}

// New returns an empty registry. What the Go runtime and the process measure of
// themselves is not in it: see package collectors of client_golang.
func New() *Registry {
	r := prometheus.NewRegistry()
	return &Registry{Registerer: r, gatherer: r}
}

// Snapshot returns all metrics as serve.Plugin.Metrics has them. Its errors are
// mistakes of the plugin's, such as a name or a label that is the gateway's or a value
// collected twice; there are no metrics then.
func (r *Registry) Snapshot(context.Context) ([]byte, error) {
	families, err := r.gatherer.Gather()
	if err != nil {
		return nil, fmt.Errorf("gather metrics: %w", err)
	}
	var out bytes.Buffer
	for _, f := range families {
		if err := check(f); err != nil {
			return nil, fmt.Errorf("metric %s: %w", f.GetName(), err)
		}
		if _, err := protodelim.MarshalTo(&out, f); err != nil {
			return nil, fmt.Errorf("encode metric %s: %w", f.GetName(), err)
		}
	}
	return out.Bytes(), nil
}

// check finds the names in a family that are not the plugin's to give.
func check(f *dto.MetricFamily) error {
	switch name := f.GetName(); {
	case strings.HasPrefix(name, "switchhook_"):
		return errors.New("names that begin with switchhook_ are the gateway's")
	case strings.HasPrefix(name, "__"):
		return errors.New("names that begin with __ are Prometheus's own")
	}
	for _, m := range f.GetMetric() {
		for _, l := range m.GetLabel() {
			if name := l.GetName(); name == "plugin" || name == "replica" {
				return fmt.Errorf("the label %s is the gateway's", name)
			}
		}
	}
	return nil
}
