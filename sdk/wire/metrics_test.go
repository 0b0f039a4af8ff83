package wire_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire"
	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

func TestMetricsTravelAsTheyAre(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]byte{
		"some bytes":     {0, 1, 0xff},
		"none":           nil,
		"the most bytes": bytes.Repeat([]byte{7}, wire.MaxMetrics),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := connect(t, measuring(func(context.Context) ([]byte, error) { return want, nil }), wire.ClientOptions{}).client
			d, err := client.Describe(t.Context())
			if err != nil || !d.Has(wire.CapabilityMetrics) {
				t.Errorf("capabilities = %v, %v", d.Capabilities, err)
			}
			got, err := client.CollectMetrics(t.Context())
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		})
	}
}

func TestMetricsThatCannotBeHadAreAnError(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		metrics func(context.Context) ([]byte, error)
		want    string
	}{
		"too many":   {func(context.Context) ([]byte, error) { return make([]byte, wire.MaxMetrics+1), nil }, "above the limit of 1048576"},
		"an error":   {func(context.Context) ([]byte, error) { return nil, errors.New("two with one name") }, "two with one name"},
		"a panic":    {func(context.Context) ([]byte, error) { panic("no registry") }, "no registry"},
		"a bad text": {func(context.Context) ([]byte, error) { return nil, errors.New("\xff") }, "\uFFFD"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := connect(t, measuring(test.metrics), wire.ClientOptions{}).client
			if _, err := client.CollectMetrics(t.Context()); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("err = %v, want %q", err, test.want)
			}
			if _, err := client.Handle(t.Context(), event(afterCommand)); err != nil {
				t.Errorf("a callback afterwards: %v", err)
			}
		})
	}
}

func TestPluginIsNotMeasuredBeforeItsStart(t *testing.T) {
	t.Parallel()
	service := measuring(func(context.Context) ([]byte, error) { return []byte{1}, nil })
	service.Configure = func(context.Context, wire.Configuration) error { return nil }
	client := connect(t, service, wire.ClientOptions{}).client
	if _, err := client.CollectMetrics(t.Context()); err == nil || !strings.Contains(err.Error(), "not configured yet") {
		t.Errorf("err = %v", err)
	}
	if err := client.Configure(t.Context(), wire.Configuration{}); err != nil {
		t.Fatal(err)
	}
	if got, err := client.CollectMetrics(t.Context()); err != nil || len(got) != 1 {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// Either side may be older than the metrics.
func TestPluginWithoutMetricsSaysSo(t *testing.T) {
	t.Parallel()
	ours := connect(t, measuring(nil), wire.ClientOptions{}).client
	d, err := ours.Describe(t.Context())
	if err != nil || d.Has(wire.CapabilityMetrics) {
		t.Errorf("capabilities = %v, %v", d.Capabilities, err)
	}
	asked := connect(t, measuring(nil), wire.ClientOptions{}).client // before Describe: the plugin itself has to say it
	foreign := (&fakePlugin{}).connect(t, wire.ClientOptions{})
	liar := (&fakePlugin{description: &wirepb.DescribeResponse{Capabilities: []string{wire.CapabilityMetrics}}}).connect(t, wire.ClientOptions{})
	for name, client := range map[string]*wire.Client{"ours": ours, "asked at once": asked, "foreign": foreign, "liar": liar} {
		if _, err := client.CollectMetrics(t.Context()); !errors.Is(err, wire.ErrNoMetrics) {
			t.Errorf("%s: err = %v", name, err)
		}
	}
}

func TestMetricsAboveTheLimitAreNotTaken(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]int{"just above": wire.MaxMetrics + 1, "far above": 8 * wire.MaxMetrics} {
		liar := &fakePlugin{description: &wirepb.DescribeResponse{Capabilities: []string{wire.CapabilityMetrics}}, metrics: make([]byte, size)}
		ours := measuring(func(context.Context) ([]byte, error) { return make([]byte, size), nil })
		for whose, client := range map[string]*wire.Client{
			"a foreign plugin": liar.connect(t, wire.ClientOptions{}), "ours": connect(t, ours, wire.ClientOptions{}).client,
		} {
			if _, err := client.CollectMetrics(t.Context()); status.Code(err) != codes.ResourceExhausted {
				t.Errorf("%s of %s: err = %v", name, whose, err)
			}
		}
	}
}

func measuring(metrics func(context.Context) ([]byte, error)) wire.Service {
	return wire.Service{
		Handler: sdk.HandlerFunc(func(context.Context, sdk.Callback) (sdk.Reply, error) { return sdk.Reply{}, nil }),
		Metrics: metrics,
	}
}
