package app_test

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// The formats that a Prometheus server asks for.
const (
	openMetricsFormat = "application/openmetrics-text;version=1.0.0"
	protobufFormat    = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
)

// checkFormats has /metrics say the same in each of its formats, and every one of them
// parse.
func (r *rig) checkFormats() {
	r.t.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	text, err := parser.TextToMetricFamilies(strings.NewReader(r.scrape("text/plain")))
	if err != nil {
		r.t.Fatal(err)
	}
	protobuf := r.protobufFamilies()
	if diff := cmp.Diff(typesOf(text), typesOf(protobuf)); diff != "" {
		r.t.Errorf("text (-) and protobuf (+) differ:\n%s", diff)
	}
	if diff := cmp.Diff(typesOf(text), openMetricsTypes(r)); diff != "" {
		r.t.Errorf("text (-) and OpenMetrics (+) differ:\n%s", diff)
	}
	for name, family := range protobuf { // what protobuf alone can carry
		if strings.HasPrefix(name, "switchhook_") && !strings.HasPrefix(name, ofPlugins) && family.GetType() == dto.MetricType_HISTOGRAM && family.GetMetric()[0].GetHistogram().ZeroThreshold == nil {
			r.t.Errorf("%s has no native buckets", name)
		}
	}
}

// scrape asks the admin listener for /metrics in a format.
func (r *rig) scrape(format string) string {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, "http://"+r.admin+"/metrics", nil)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Accept", format)
	res, err := r.client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(res.Body)
	kind, _, _ := strings.Cut(format, ";")
	if err != nil || res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), kind) {
		r.t.Fatalf("%s is answered %d with %q: %v", format, res.StatusCode, res.Header.Get("Content-Type"), err)
	}
	return string(text)
}

func (r *rig) protobufFamilies() map[string]*dto.MetricFamily {
	r.t.Helper()
	decoder := expfmt.NewDecoder(strings.NewReader(r.scrape(protobufFormat)), expfmt.NewFormat(expfmt.TypeProtoDelim))
	families := make(map[string]*dto.MetricFamily)
	for {
		family := new(dto.MetricFamily)
		err := decoder.Decode(family)
		if errors.Is(err, io.EOF) {
			return families
		}
		if err != nil {
			r.t.Fatal(err)
		}
		families[family.GetName()] = family
	}
}

func typesOf(families map[string]*dto.MetricFamily) map[string]string {
	types := make(map[string]string)
	for name, family := range families {
		types[name] = strings.ToLower(family.GetType().String())
	}
	return types
}

// openMetricsTypes reads OpenMetrics strictly: each sample belongs to the family that was
// named before it, with a suffix that the family's type has, and the last line is the
// end. A counter has the name that it has elsewhere.
func openMetricsTypes(r *rig) map[string]string {
	r.t.Helper()
	body, ended := strings.CutSuffix(r.scrape(openMetricsFormat), "# EOF\n")
	if !ended {
		r.t.Error("OpenMetrics does not end with # EOF")
	}
	suffixes := map[string][]string{
		"counter": {"_total"}, "gauge": {""}, "unknown": {""}, "histogram": {"_bucket", "_count", "_sum"}, "summary": {"", "_count", "_sum"},
	}
	typeLine := regexp.MustCompile(`^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|unknown)$`)
	sample := regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\[\\n"])*"(?:,[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\[\\n"])*")*\})? [-+.0-9eINFNa]+(?: # \{.*\} [-+.0-9e]+(?: [.0-9e+]+)?)?$`)
	types := make(map[string]string)
	family, kind := "", ""
	for line := range strings.Lines(body) {
		line = strings.TrimSuffix(line, "\n")
		if m := typeLine.FindStringSubmatch(line); m != nil {
			family, kind = m[1], m[2]
			name := family
			if kind == "counter" {
				name += "_total"
			}
			types[name] = kind
			continue
		}
		if strings.HasPrefix(line, "# HELP ") || strings.HasPrefix(line, "# UNIT ") {
			continue
		}
		m := sample.FindStringSubmatch(line)
		if m == nil || !slices.ContainsFunc(suffixes[kind], func(suffix string) bool { return m[1] == family+suffix }) {
			r.t.Errorf("OpenMetrics has a line that is no sample of the %s %s: %q", kind, family, line)
		}
	}
	return types
}

// checkClosedSets has every value of a closed set stand there before its first time, with
// each of the other labels. Families of which some pairs cannot happen are left out; the
// tests of their rooms say which.
func (r *rig) checkClosedSets(families map[string]*dto.MetricFamily) {
	r.t.Helper()
	partial := []string{
		"switchhook_callbacks_total", "switchhook_decisions_defaulted_total", "switchhook_deliveries_total", "switchhook_plugin_second_attempts_total",
		"switchhook_route_info",
	}
	for name, documented := range documentedSeries(r.t) {
		for label, values := range documented.Labels {
			shared := strings.HasPrefix(name, "switchhook_inbox_cluster_") // this gateway's inbox is its own
			if values == nil || shared || slices.Contains(partial, name) {
				continue
			}
			groups := make(map[string][]string)
			for _, m := range families[name].GetMetric() {
				var others []string
				value := ""
				for _, l := range m.GetLabel() {
					if l.GetName() == label {
						value = l.GetValue()
					} else {
						others = append(others, l.GetValue())
					}
				}
				group := strings.Join(others, " ")
				groups[group] = append(groups[group], value)
			}
			if len(groups) == 0 {
				r.t.Errorf("%s is not there at the first scrape", name)
			}
			for _, group := range slices.Sorted(maps.Keys(groups)) {
				if diff := cmp.Diff(values, slices.Sorted(slices.Values(groups[group]))); diff != "" {
					r.t.Errorf("%s{%s} of %q (-documented +there):\n%s", name, label, group, diff)
				}
			}
		}
	}
}
