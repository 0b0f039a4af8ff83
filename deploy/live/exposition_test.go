package live_test

import (
	"bytes"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

func TestPromtoolFindsNothingWrongWithTheMetrics(t *testing.T) {
	t.Parallel()
	r := run(t)
	text, _, err := r.stand.Gateway.Metrics(t.Context(), "text/plain")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "promtool", "check", "metrics")
	cmd.Stdin = bytes.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
}

// A scraper asks for the form that it likes best; each is read here as Prometheus
// itself reads it.
func TestTheMetricsAreReadInEveryForm(t *testing.T) {
	t.Parallel()
	r := run(t)
	for accept, kind := range map[string]string{
		"text/plain": "text/plain",
		"application/openmetrics-text;version=1.0.0":                                                               "application/openmetrics-text",
		"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=1.0,*/*;q=0": "application/vnd.google.protobuf",
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			text, got, err := r.stand.Gateway.Metrics(t.Context(), accept)
			if err != nil || !strings.HasPrefix(got, kind) {
				t.Fatalf("answered as %s (%v)", got, err)
			}
			families, own, err := readForm(text, got)
			if err != nil {
				t.Fatal(err)
			}
			if families < 50 || own == 0 {
				t.Errorf("%d families, and %d series of plugins' own", families, own)
			}
		})
	}
}

// readForm returns how many families stand in an exposition, and how many series of
// what plugins measure themselves.
func readForm(text []byte, kind string) (families, own int, err error) {
	parser, err := textparse.New(text, kind, labels.NewSymbolTable(), textparse.ParserOptions{KeepClassicOnClassicAndNativeHistograms: true})
	if err != nil {
		return 0, 0, err
	}
	for {
		entry, err := parser.Next()
		if errors.Is(err, io.EOF) {
			return families, own, nil
		}
		if err != nil {
			return families, own, err
		}
		if entry == textparse.EntryType {
			families++
		}
		if entry == textparse.EntrySeries || entry == textparse.EntryHistogram {
			var of labels.Labels
			parser.Labels(&of)
			if strings.HasPrefix(of.Get(model.MetricNameLabel), "switchhook_handler_") {
				own++
			}
		}
	}
}
