package pluginmetrics_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/encoding/protodelim"

	"github.com/switchhook/switchhook/dispatcher/pluginmetrics"
)

// scene is a registry with the collector, and the plugins that it asks.
type scene struct {
	t         testing.TB
	registry  *prometheus.Registry
	collector *pluginmetrics.Collector
	log       *bytes.Buffer

	mu      sync.Mutex
	plugins map[string][]pluginmetrics.Process
}

func newScene(tb testing.TB) *scene {
	tb.Helper()
	s := &scene{t: tb, registry: prometheus.NewRegistry(), log: &bytes.Buffer{}, plugins: make(map[string][]pluginmetrics.Process)}
	c, err := pluginmetrics.New(pluginmetrics.Options{Plugins: s.there, Logger: slog.New(slog.NewJSONHandler(s.log, nil))})
	if err != nil {
		tb.Fatal(err)
	}
	s.collector = c
	tb.Cleanup(c.Close)
	s.registry.MustRegister(c)
	return s
}

func (s *scene) there() []pluginmetrics.Plugin {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []pluginmetrics.Plugin
	for name, processes := range s.plugins {
		all = append(all, pluginmetrics.Plugin{Name: name, Processes: slices.Clone(processes)})
	}
	return all
}

// has makes these the plugin's processes.
func (s *scene) has(plugin string, processes ...*source) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.plugins[plugin] = nil
	for i, p := range processes {
		s.plugins[plugin] = append(s.plugins[plugin], pluginmetrics.Process{ID: p, Replica: i, Collect: p.collect})
	}
}

// gone takes a plugin away.
func (s *scene) gone(plugin string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.plugins, plugin)
}

// scrape returns every series as a line without its value, and its value.
func (s *scene) scrape() map[string]float64 {
	s.t.Helper()
	return lines(s.t, s.registry)
}

func lines(tb testing.TB, g prometheus.Gatherer) map[string]float64 {
	tb.Helper()
	families, err := g.Gather()
	if err != nil {
		tb.Fatalf("gather: %v", err)
	}
	values := make(map[string]float64)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
			}
			values[f.GetName()+"{"+strings.Join(labels, ",")+"}"] = valueOf(m)
		}
	}
	return values
}

func valueOf(m *dto.Metric) float64 {
	switch {
	case m.GetCounter() != nil:
		return m.GetCounter().GetValue()
	case m.GetGauge() != nil:
		return m.GetGauge().GetValue()
	case m.GetUntyped() != nil:
		return m.GetUntyped().GetValue()
	case m.GetSummary() != nil:
		return float64(m.GetSummary().GetSampleCount())
	default:
		return float64(m.GetHistogram().GetSampleCount())
	}
}

// handlers are the names of the plugins' own series in a scrape, sorted.
func handlers(values map[string]float64) []string {
	var names []string
	for line := range values {
		if rest, ok := strings.CutPrefix(line, "switchhook_handler_"); ok {
			names = append(names, rest)
		}
	}
	slices.Sort(names)
	return names
}

// dropped is what was counted as left out of a plugin's metrics, by reason.
func dropped(values map[string]float64, plugin string) map[string]float64 {
	all := make(map[string]float64)
	for _, r := range pluginmetrics.Reasons() {
		value, ok := values[fmt.Sprintf("switchhook_plugin_collect_dropped_total{plugin=%q,reason=%q}", plugin, r)]
		if !ok {
			all[string(r)] = -1 // it has to be there from the start
		}
		if value > 0 {
			all[string(r)] = value
		}
	}
	return all
}

func results(values map[string]float64, plugin string) map[string]float64 {
	all := make(map[string]float64)
	for _, result := range []string{"ok", "timeout", "failed", "bad_data"} {
		if value := values[fmt.Sprintf("switchhook_plugin_collects_total{plugin=%q,result=%q}", plugin, result)]; value > 0 {
			all[result] = value
		}
	}
	return all
}

// logged are the lines of the log, each as what it says of what.
func (s *scene) logged() []string {
	s.t.Helper()
	var all []string
	for line := range strings.Lines(s.log.String()) {
		var l struct {
			Plugin, Result, Reason, Family string
			Count                          int
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			s.t.Fatal(err)
		}
		all = append(all, strings.TrimSpace(fmt.Sprintf("%s %s%s %s", l.Plugin, l.Result, l.Reason, l.Family)))
	}
	return all
}

// source is a process that gives what it is told to.
type source struct {
	mu    sync.Mutex
	give  func(context.Context) ([]byte, error)
	asked int
}

func giving(families ...*dto.MetricFamily) *source { return (&source{}).now(encoded(families...), nil) }

// now is what it gives from now on.
func (s *source) now(answer []byte, err error) *source {
	return s.does(func(context.Context) ([]byte, error) { return answer, err })
}

func (s *source) does(give func(context.Context) ([]byte, error)) *source {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.give = give
	return s
}

func (s *source) collect(ctx context.Context) ([]byte, error) {
	s.mu.Lock()
	give := s.give
	s.asked++
	s.mu.Unlock()
	return give(ctx)
}

func (s *source) times() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

func encoded(families ...*dto.MetricFamily) []byte {
	var out bytes.Buffer
	for _, f := range families {
		if _, err := protodelim.MarshalTo(&out, f); err != nil {
			panic(err)
		}
	}
	return out.Bytes()
}

// gauge is a family with a series for each value of the label kind.
func gauge(name string, kinds ...string) *dto.MetricFamily {
	f := &dto.MetricFamily{Name: &name, Help: new("Something."), Type: dto.MetricType_GAUGE.Enum()}
	for i, kind := range kinds {
		f.Metric = append(f.Metric, &dto.Metric{
			Label: []*dto.LabelPair{{Name: new("kind"), Value: new(kind)}}, Gauge: &dto.Gauge{Value: new(float64(i + 1))},
		})
	}
	if len(kinds) == 0 {
		f.Metric = []*dto.Metric{{Gauge: &dto.Gauge{Value: new(1.0)}}}
	}
	return f
}

// of is a family of that type with one series.
func of(kind dto.MetricType, name string, m *dto.Metric) *dto.MetricFamily {
	return &dto.MetricFamily{Name: &name, Help: new("Something."), Type: &kind, Metric: []*dto.Metric{m}}
}
