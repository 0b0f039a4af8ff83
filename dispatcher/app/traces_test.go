package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/switchhook/switchhook/dispatcher/tracing/tracetest"
	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

// admission is a decision that the plugin without a stream takes.
const admission = "Group.CallbackBeforeCreateGroup"

// plain is a plugin that has nothing but Handle.
type plain struct {
	plugin.NetRPCUnsupportedPlugin
	wirepb.UnimplementedPluginServiceServer
}

func (p *plain) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	wirepb.RegisterPluginServiceServer(s, p)
	return nil
}

func (*plain) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, errors.New("this is the plugin's end")
}

func (*plain) Describe(context.Context, *wirepb.DescribeRequest) (*wirepb.DescribeResponse, error) {
	return &wirepb.DescribeResponse{Name: "plain", Version: "0.0.1", Language: "none", Claims: []*wirepb.Claim{{Pattern: admission}}}, nil
}

func (*plain) Configure(context.Context, *wirepb.ConfigureRequest) (*wirepb.ConfigureResponse, error) {
	return &wirepb.ConfigureResponse{}, nil
}

func (*plain) Handle(_ context.Context, r *wirepb.HandleRequest) (*wirepb.HandleResponse, error) {
	return &wirepb.HandleResponse{
		Result: wirepb.Result_RESULT_HANDLED, ErrorCode: 10100, ErrorInfo: "traceparent=" + r.GetTraceparent(),
	}, nil
}

// traceparentIn returns what a plugin has put into its refusal.
func (r *rig) traceparentIn(got answer) string {
	r.t.Helper()
	var reply struct{ ErrorInfo string }
	err := json.Unmarshal([]byte(got.body), &reply)
	text, told := strings.CutPrefix(reply.ErrorInfo, "traceparent=")
	if got.status != http.StatusOK || err != nil || !told {
		r.t.Fatalf("the plugin did not tell its trace: %s", got)
	}
	return text
}

// find returns the one span of that name, and of that trace where one is given.
func find(t *testing.T, spans []tracetest.Span, name, trace string) tracetest.Span {
	t.Helper()
	at := slices.IndexFunc(spans, func(s tracetest.Span) bool { return s.Name == name && (trace == "" || s.Trace == trace) })
	if at < 0 {
		t.Fatalf("there is no span %q of trace %q in %+v", name, trace, spans)
	}
	return spans[at]
}

// One trace goes from the gateway to the handler, by stream and by call, and an event's
// delivery leads back to it; and there is no span besides.
func TestATraceReachesTheHandler(t *testing.T) {
	t.Parallel()
	receiver := tracetest.New(nil)
	r := durableRig(t, "tracing: {endpoint: '"+receiver.ServeGRPC(t)+"', insecure: true, sample_ratio: 1}\n")
	r.install("obedient", "obedient")
	r.install("steady", "steady")
	r.install("plain", "plain")
	r.start()

	streamed := r.traceparentIn(r.send(decision, "tell the trace"))
	called := r.traceparentIn(r.send(admission, ""))
	r.want("an event", r.send(event, "tell the trace"), okReply)
	r.want("a failure, which passes by policy", r.send(gesture, "fail"), okReply)
	r.awaitMetric(delivered(event, "steady", "ok"), 1)
	receiver.Await(t, 10)
	r.stop() // what else there is goes out

	spans := receiver.Spans()
	for command, want := range map[string]struct{ plugin, got string }{
		decision: {"obedient", streamed}, admission: {"plain", called},
	} {
		server, client := find(t, spans, command, ""), find(t, spans, "handle "+want.plugin, find(t, spans, command, "").Trace)
		if client.Parent != server.ID || server.Parent != "" || want.got != "00-"+server.Trace+"-"+client.ID+"-01" {
			t.Errorf("%s: the plugin gets %q, of %+v below %+v", command, want.got, client, server)
		}
	}
	server, delivery := find(t, spans, event, ""), find(t, spans, "deliver steady", "")
	accept, attempt := find(t, spans, "accept", server.Trace), find(t, spans, "handle steady", delivery.Trace)
	if accept.Parent != server.ID || attempt.Parent != delivery.ID || delivery.Parent != "" ||
		!slices.Equal(delivery.Links, []tracetest.Link{{Trace: server.Trace, ID: server.ID}}) {
		t.Errorf("an event has %+v\n%+v\n%+v\n%+v", server, accept, delivery, attempt)
	}
	id := server.Attributes["switchhook.callback.id"]
	if server.Trace != strings.ReplaceAll(id, "-", "") {
		t.Errorf("the trace of callback %s is %s", id, server.Trace)
	}
	r.log.Await(t, "traced", id, "00-"+attempt.Trace+"-"+attempt.ID+"-01") // what the plugin got
	failed := find(t, spans, gesture, "")
	if attempt := find(t, spans, "handle obedient", failed.Trace); !attempt.Failed || attempt.Attributes["switchhook.outcome"] != "failed" {
		t.Errorf("the attempt that failed is %+v", attempt)
	}
	if line := r.log.Records("callback not handled", 0)[0]; line["trace_id"] != failed.Trace {
		t.Errorf("the line of the failure does not name trace %s: %v", failed.Trace, line)
	}
	if len(spans) != 10 {
		t.Errorf("%d spans, want 2 for each decision and 4 for the event: %+v", len(spans), spans)
	}
	for _, raw := range receiver.Raw() {
		r.secrets.Range(func(secret, _ any) bool {
			if text := fmt.Sprint(secret); strings.Contains(string(raw), text) {
				t.Errorf("a span tells %q", text)
			}
			return true
		})
	}
}

func TestWithoutACollectorCallbacksGoOn(t *testing.T) {
	t.Parallel()
	nobody := tracetest.Listen(t)
	address := nobody.Addr().String()
	if err := nobody.Close(); err != nil {
		t.Fatal(err)
	}
	r := newRig(t)
	r.install("obedient", "obedient")
	r.start()
	if got := r.traceparentIn(r.send(decision, "tell the trace")); got != "" {
		t.Errorf("without tracing the plugin gets %q", got)
	}
	r.configure("tracing: {endpoint: '" + address + "', insecure: true, sample_ratio: 1}\n")
	r.wantSaid("a reload", r.wantRun(0, "config", "reload"), "tracing.endpoint", "tracing.insecure", "tracing.sample_ratio")
	r.stop()

	r.start()
	for range 20 {
		if got := r.traceparentIn(r.send(decision, "tell the trace")); !strings.HasSuffix(got, "-01") {
			t.Errorf("the plugin gets %q", got)
		}
	}
	r.stop() // with exit code 0
	lost := 0.0
	for _, message := range []string{"spans were not sent before the end", "spans are not sent: callbacks go on as before"} {
		for _, record := range r.log.Records(message, 0) {
			n, _ := record["spans"].(float64)
			lost += n
		}
	}
	if lost != 40 {
		t.Errorf("the log tells of %g of 40 lost spans", lost)
	}
}
