package main

import (
	"bytes"
	"context"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protodelim"

	"github.com/switchhook/switchhook/sdk/sdkmetrics"
	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

// counters are what the plugin measures, in its mood.
type counters struct {
	once     sync.Once
	registry *sdkmetrics.Registry
	handled  *prometheus.CounterVec
}

// labels find in a body what a mood measures by. All but the last have no end.
var labels = map[string]*regexp.Regexp{
	"measures by account":          regexp.MustCompile(`"From_Account"\s*:\s*"([^"]*)`),
	"measures by group":            regexp.MustCompile(`"GroupId"\s*:\s*"([^"]*)`),
	"measures by member of a list": regexp.MustCompile(`"To_Account"\s*:\s*\[\s*"([^"]*)`),
	"measures by time":             regexp.MustCompile(`"EventTime"\s*:\s*"([^"]*)`),
	"measures by kind":             regexp.MustCompile(`"Type"\s*:\s*"([^"]*)`),
}

func (p *plugin) count(m *wirepb.HandleRequest) {
	p.measure()
	label := m.GetCommand()
	switch mood {
	case "measures by id":
		label = m.GetId()
	case "measures by address":
		label = m.GetClientIp()
	default:
		if in := labels[mood]; in != nil {
			if found := in.FindSubmatch(m.GetBody()); found != nil {
				label = string(found[1])
			}
		}
	}
	p.counters.handled.WithLabelValues(label).Inc()
}

func (p *plugin) measure() {
	p.counters.once.Do(func() {
		name, label := "handled_total", "command"
		switch mood {
		case "measures without a total":
			name = "handled"
		case "measures in milliseconds":
			name = "handling_milliseconds_total"
		case "measures with the gateway's label":
			label = "plugin"
		}
		p.counters.registry = sdkmetrics.New()
		p.counters.handled = prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: "Callbacks handled."}, []string{label})
		p.counters.registry.MustRegister(p.counters.handled)
		if mood == "measures too much" {
			for i := range 1000 {
				p.counters.handled.WithLabelValues(strconv.Itoa(i)).Inc()
			}
		}
	})
}

func (p *plugin) CollectMetrics(ctx context.Context, _ *wirepb.CollectMetricsRequest) (*wirepb.CollectMetricsResponse, error) {
	switch mood {
	case "measures, it says":
		return nil, status.Error(codes.Unimplemented, "later")
	case "measures in text":
		return &wirepb.CollectMetricsResponse{Families: []byte("handled_total 7\n")}, nil
	case "measures in the gateway's name":
		return &wirepb.CollectMetricsResponse{Families: []byte("\x0f\x0a\x0dswitchhook_up")}, nil
	}
	if odd, ok := oddSeries[mood]; ok {
		return odd()
	}
	p.measure()
	families, err := p.counters.registry.Snapshot(ctx)
	if err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	return &wirepb.CollectMetricsResponse{Families: families}, nil
}

// oddSeries are answers that Prometheus's own library does not give.
var oddSeries = map[string]func() (*wirepb.CollectMetricsResponse, error){
	"measures at a time of its own": func() (*wirepb.CollectMetricsResponse, error) {
		m := counted("all", 1)
		m.TimestampMs = new(int64(1))
		return handled(m)
	},
	"measures less than nothing": func() (*wirepb.CollectMetricsResponse, error) { return handled(counted("all", -1)) },
	"measures the same twice": func() (*wirepb.CollectMetricsResponse, error) {
		return handled(counted("all", 1), counted("all", 2))
	},
	"measures by what has no end": func() (*wirepb.CollectMetricsResponse, error) {
		return handled(counted(strings.Repeat("x", 257), 1))
	},
}

func counted(command string, n float64) *dto.Metric {
	return &dto.Metric{Label: []*dto.LabelPair{{Name: new("command"), Value: &command}}, Counter: &dto.Counter{Value: &n}}
}

func handled(series ...*dto.Metric) (*wirepb.CollectMetricsResponse, error) {
	var families bytes.Buffer
	family := &dto.MetricFamily{Name: new("handled_total"), Help: new("Callbacks handled."), Type: dto.MetricType_COUNTER.Enum(), Metric: series}
	if _, err := protodelim.MarshalTo(&families, family); err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	return &wirepb.CollectMetricsResponse{Families: families.Bytes()}, nil
}
