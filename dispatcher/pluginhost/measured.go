package pluginhost

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/switchhook/switchhook/sdk/wire"
)

// Measured is a plugin that measures itself: it offers metrics, or did when it was
// there last.
type Measured struct {
	// Plugin is its name in this gateway.
	Plugin string
	// Processes are those that are ready, each with another Replica. There may be none.
	Processes []MeasuredProcess
}

// MeasuredProcess is one process of such a plugin.
type MeasuredProcess struct {
	// ID is comparable, and no other process has it.
	ID any
	// Replica is its number among the plugin's processes, from 0.
	Replica int
	// Collect asks it for messages io.prometheus.client.MetricFamily, each behind its
	// length, at most 1 MiB of them. It ends with ctx, and with the process. The error
	// is, wrapped, [ErrMetricsTooLarge] where they are more.
	Collect func(ctx context.Context) ([]byte, error)
	// Hide takes the secrets of the process's settings out of a text, as they are taken
	// out of what it logs.
	Hide func(text string) string
}

// ErrMetricsTooLarge says that what a plugin measures is beyond the limit of 1 MiB.
var ErrMetricsTooLarge = errors.New("its metrics are above the limit")

// Measured returns the plugins that measure themselves, sorted by name. Of one that is
// being exchanged, it has the processes that serve.
func (h *Host) Measured() []Measured {
	var all []Measured
	for _, d := range h.deployments() {
		if said, _ := d.said(); !said.Has(wire.CapabilityMetrics) {
			continue
		}
		m := Measured{Plugin: d.plan.name}
		for _, in := range d.readyInstances() {
			m.Processes = append(m.Processes, MeasuredProcess{ID: in, Replica: in.number, Collect: in.measure, Hide: in.curtain.text})
		}
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b Measured) int { return cmp.Compare(a.Plugin, b.Plugin) })
	return all
}

// measure asks the process what it measures. Its end ends the asking.
func (in *instance) measure(ctx context.Context) ([]byte, error) {
	answer, err := in.client.CollectMetrics(ctx)
	if status.Code(err) == codes.ResourceExhausted {
		return nil, fmt.Errorf("%w: %w", ErrMetricsTooLarge, in.curtain.err(err))
	}
	return answer, in.curtain.err(err)
}
