package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/encoding/protodelim"

	"github.com/switchhook/switchhook/sdk/wire"
	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

// What a gateway shows of one process: this many families, and series as Prometheus
// counts them.
const (
	maxFamilies = 100
	maxSeries   = 500
)

var metricName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// metrics looks at what the plugin measures, after all that it was put through.
func (s *suite) metrics(ctx context.Context) finding {
	if !s.description.Has(wire.CapabilityMetrics) {
		return none("it does not offer metrics")
	}
	p, err := s.live(ctx)
	if err != nil {
		return fail("%v", err)
	}
	families, err := s.measure(ctx, p)
	if err != nil {
		return fail("%v", err)
	}
	if err := wellNamed(families); err != nil {
		return fail("%v", err)
	}
	grown, command, err := s.growth(ctx, p)
	if err != nil {
		return fail("%v", err)
	}
	if families, err = s.measure(ctx, p); err != nil {
		return fail("%v", err)
	}
	switch all := timeSeries(families); {
	case len(families) > maxFamilies:
		return fail("%d families are more than the %d that a gateway shows", len(families), maxFamilies)
	case all > maxSeries && grown < strangers/2:
		return fail("%d series are more than the %d that a gateway shows: take the values of labels from small closed sets", all, maxSeries)
	case grown >= strangers/2:
		return fail("%d callbacks %s made %d new series: a label must not hold an id, an account or a text", strangers, command, grown)
	default:
		return pass("%d series in %d families, named by Prometheus's rules", all, len(families))
	}
}

// measure asks for the metrics.
func (s *suite) measure(ctx context.Context, p *process) ([]*dto.MetricFamily, error) {
	ctx, cancel := context.WithTimeout(ctx, s.options.Patience)
	defer cancel()
	m, err := p.link.rpc.CollectMetrics(ctx, &wirepb.CollectMetricsRequest{})
	if err != nil {
		return nil, fmt.Errorf("it offers metrics and CollectMetrics fails: %w", err)
	}
	if n := len(m.GetFamilies()); n > wire.MaxMetrics {
		return nil, fmt.Errorf("metrics of %d bytes are above the limit of %d", n, wire.MaxMetrics)
	}
	var all []*dto.MetricFamily
	for in := bytes.NewReader(m.GetFamilies()); ; {
		f := &dto.MetricFamily{}
		err := protodelim.UnmarshalFrom(in, f)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("its metrics are no messages io.prometheus.client.MetricFamily, each behind its length: %w", err)
		}
		all = append(all, f)
	}
}

// wellNamed refuses names that Prometheus's users would trip over, and the
// gateway's own.
func wellNamed(families []*dto.MetricFamily) error {
	var judged []*dto.MetricFamily
	seen := map[string]bool{}
	for _, f := range families {
		name := f.GetName()
		switch {
		case !metricName.MatchString(name):
			return fmt.Errorf("the name %s is none: letters, digits and underscores make one", shown(name))
		case strings.HasPrefix(name, "switchhook_"), strings.HasPrefix(name, "__"):
			return fmt.Errorf("the name %s begins as the gateway's own do: begin with what the plugin does", name)
		case seen[name]:
			return fmt.Errorf("there are two families %s", name)
		}
		seen[name] = true
		if err := wellMade(f); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if !strings.HasPrefix(name, "go_") && !strings.HasPrefix(name, "process_") { // the client library's own
			judged = append(judged, f)
		}
	}
	problems, err := promlint.NewWithMetricFamilies(judged).Lint()
	if err != nil {
		return fmt.Errorf("judge the names of metrics: %w", err)
	}
	texts := make([]string, len(problems))
	for i, p := range problems {
		texts[i] = p.Metric + ": " + p.Text
	}
	if len(texts) > 0 {
		return errors.New(firstFew(texts))
	}
	return nil
}

// timeSeries counts as Prometheus stores: a histogram is one for each bucket, the last
// included, and two more; a summary one for each quantile, and two more.
func timeSeries(families []*dto.MetricFamily) int {
	n := 0
	for _, f := range families {
		for _, m := range f.GetMetric() {
			switch {
			case m.GetHistogram() != nil:
				n += len(m.GetHistogram().GetBucket()) + 3 //nolint:mnd // the last bucket, sum and count
			case m.GetSummary() != nil:
				n += len(m.GetSummary().GetQuantile()) + 2 //nolint:mnd // sum and count
			default:
				n++
			}
		}
	}
	return n
}

func series(families []*dto.MetricFamily) int {
	n := 0
	for _, f := range families {
		n += len(f.GetMetric())
	}
	return n
}
