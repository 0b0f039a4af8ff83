package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"google.golang.org/protobuf/encoding/protodelim"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/serve"
)

// liar is a plugin that measures what the last callback's body has told it to.
func liar() serve.Plugin {
	var mux sdk.Mux
	var said atomic.Pointer[lie]
	said.Store(&lie{over: make(chan struct{})})
	mux.HandleAny(gesture, sdk.HandlerFunc(func(_ context.Context, cb sdk.Callback) (sdk.Reply, error) {
		var o order
		if err := json.Unmarshal(cb.Body, &o); err != nil {
			return sdk.Reply{}, sdk.Malformed(err)
		}
		close(said.Swap(&lie{text: o.Do, over: make(chan struct{})}).over)
		return sdk.Reply{}, nil
	}))
	return serve.Plugin{Name: "liar", Version: "1.0.0", Mux: &mux, Metrics: func(ctx context.Context) ([]byte, error) { return said.Load().tell(ctx) }}
}

// lie is what the plugin says of itself until that is over.
type lie struct {
	text string
	over chan struct{}
}

// tell gives the family lies, and what the lie adds to it.
func (l *lie) tell(ctx context.Context) ([]byte, error) {
	truth := dto.MetricFamily{Name: new("lies"), Help: new("Lies."), Type: dto.MetricType_GAUGE.Enum(), Metric: []*dto.Metric{{Gauge: &dto.Gauge{Value: new(1.0)}}}}
	more := &dto.MetricFamily{Name: new("more"), Help: new("More."), Type: dto.MetricType_GAUGE.Enum(), Metric: []*dto.Metric{{Gauge: &dto.Gauge{}}}}
	switch l.text {
	case "as text":
		return []byte("# TYPE lies gauge\nlies 1\n"), nil
	case "100,000 series":
		more.Metric = nil
		for i := range 100_000 {
			label := &dto.LabelPair{Name: new("account"), Value: new(fmt.Sprint(alice, i))}
			more.Metric = append(more.Metric, &dto.Metric{Label: []*dto.LabelPair{label}, Gauge: &dto.Gauge{}})
		}
	case "a name of the gateway's":
		more.Name = new("switchhook_callbacks_total")
	case "a label of the gateway's":
		more.Metric[0].Label = []*dto.LabelPair{{Name: new("plugin"), Value: new("blacklist")}}
	case "another type":
		truth.Type, truth.Metric = dto.MetricType_COUNTER.Enum(), []*dto.Metric{{Counter: &dto.Counter{Value: new(1.0)}}}
	case "a time":
		more.Metric[0].TimestampMs = new(int64(1))
	case "an error":
		return nil, errors.New("the sensor of the liar is gone")
	case "no answer":
		select {
		case <-ctx.Done():
		case <-l.over:
		}
		return nil, errors.New("too late")
	case "death":
		os.Exit(3)
	default:
		more.Metric = nil
	}
	var out bytes.Buffer
	for _, f := range []*dto.MetricFamily{&truth, more} {
		if _, err := protodelim.MarshalTo(&out, f); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), nil
}

// Whatever a plugin says that it measures: the scrape is well, what the others measure
// is in it, and what was left out is counted and named in the log once.
func TestAPluginThatLiesAboutItselfBreaksNoScrape(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.installBlacklist()
	r.install("liar", "liar")
	r.start()
	const (
		others = `switchhook_handler_blacklist_pairs_changed_total{plugin="blacklist",replica="0",state="blocked"}`
		truth  = `switchhook_handler_lies{plugin="liar",replica="0"}`
	)
	eventually(t, "a scrape has what both plugins measure", func() bool {
		body := r.wellFormed(expfmt.TypeTextPlain)
		return strings.Contains(body, others+" 0") && strings.Contains(body, truth+" 1")
	})
	for _, test := range []struct {
		lie, counted, logged string
		truth                bool // what is true of it is shown all the same
	}{
		{"as text", `collect_dropped_total{plugin="liar",reason="malformed"}`, `"reason":"malformed"`, true},
		{"100,000 series", `collect_dropped_total{plugin="liar",reason="too_large"}`, `"reason":"too_large"`, true},
		{"a name of the gateway's", `collect_dropped_total{plugin="liar",reason="reserved_name"}`, `"reason":"reserved_name"`, true},
		{"a label of the gateway's", `collect_dropped_total{plugin="liar",reason="reserved_label"}`, `"reason":"reserved_label"`, true},
		{"another type", `collect_dropped_total{plugin="liar",reason="wrong_type"}`, `"reason":"wrong_type"`, false},
		{"a time", `collect_dropped_total{plugin="liar",reason="timestamp"}`, `"reason":"timestamp"`, true},
		{"an error", `collects_total{plugin="liar",result="failed"}`, `the sensor of the liar is gone`, true},
		{"no answer", `collects_total{plugin="liar",result="timeout"}`, `"result":"timeout"`, true},
	} {
		r.want(test.lie, r.send(gesture, test.lie), okReply)
		eventually(t, test.counted+" counts it", func() bool { return r.metric("switchhook_plugin_"+test.counted) > 0 })
		for _, format := range []expfmt.FormatType{expfmt.TypeTextPlain, expfmt.TypeOpenMetrics, expfmt.TypeProtoDelim} {
			body := r.wellFormed(format)
			if format == expfmt.TypeProtoDelim {
				continue // was read as such
			}
			if !strings.Contains(body, others+" 0") || strings.Contains(body, truth+" 1") != test.truth {
				t.Errorf("%s: format %v lacks the others' series, or shows the liar's wrongly", test.lie, format)
			}
			if strings.Contains(body, alice) {
				t.Errorf("%s: format %v shows an account", test.lie, format)
			}
		}
		// On a machine that is held up there may be more time-outs than those of the test.
		if n := strings.Count(r.log.String(), test.logged); n < 1 || n > 1 && test.lie != "no answer" {
			t.Errorf("%s: logged %d times", test.lie, n)
		}
	}

	before := r.plugin("liar").PID
	r.want("death", r.send(gesture, "death"), okReply)
	eventually(t, "the liar dies of being asked, and is started again", func() bool {
		// One scrape is not enough where the question of the one before is still open.
		if body := r.wellFormed(expfmt.TypeTextPlain); !strings.Contains(body, others) {
			t.Error("a plugin that dies while it is asked takes the others' series along")
		}
		now := r.plugin("liar").PID
		return now != 0 && now != before
	})
	eventually(t, "it tells the truth", func() bool { return r.metric(truth) == 1 })

	code, body := r.get("/metrics/plugins/liar")
	if code != http.StatusOK || !strings.Contains(body, truth+" 1") || strings.Contains(body, "blacklist") {
		t.Errorf("the liar's own page: %d\n%s", code, body)
	}
	if code, body := r.get("/metrics/plugins/ghost"); code != http.StatusNotFound || !strings.Contains(body, `no plugin \"ghost\"`) {
		t.Errorf("an unknown plugin's page: %d %s", code, body)
	}
}

// wellFormed reads /metrics in that format, and returns it.
func (r *rig) wellFormed(format expfmt.FormatType) string {
	r.t.Helper()
	body := r.scrape(string(expfmt.NewFormat(format)))
	if format == expfmt.TypeOpenMetrics {
		if !strings.HasSuffix(body, "\n# EOF\n") {
			r.t.Error("OpenMetrics has no end")
		}
		return body
	}
	for decoder, n := expfmt.NewDecoder(strings.NewReader(body), expfmt.NewFormat(format)), 0; ; n++ {
		var f dto.MetricFamily
		err := decoder.Decode(&f)
		if errors.Is(err, io.EOF) && n > 20 {
			return body
		}
		if err != nil {
			r.t.Fatalf("format %v: family %d: %v\n%s", format, n, err, body)
		}
	}
}
