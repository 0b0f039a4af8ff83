package tracing_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/dispatcher/tracing/tracetest"
	"github.com/switchhook/switchhook/sdk"
)

// named returns the one span of that name.
func named(t *testing.T, spans []tracetest.Span, name string) tracetest.Span {
	t.Helper()
	at := slices.IndexFunc(spans, func(s tracetest.Span) bool { return s.Name == name })
	if at < 0 {
		t.Fatalf("no span is called %q in %+v", name, spans)
	}
	return spans[at]
}

// hex is a callback's id as a trace id.
func hex(cb sdk.Callback) string { return strings.ReplaceAll(cb.ID, "-", "") }

func TestAnAttemptStandsBelowItsCallback(t *testing.T) {
	t.Parallel()
	receiver := tracetest.New(nil)
	r := start(t, to(receiver.ServeGRPC(t)))
	cb := callback(t, decision)
	var got sdk.Callback
	handler := r.Handler("policy", answers(&got, sdk.Reply{Code: 10100, Info: words}, nil))
	r.pass(cb, http.StatusOK, func(ctx context.Context) dispatcher.Outcome {
		if _, err := handler.Handle(ctx, cb); err != nil {
			t.Error(err)
		}
		return dispatcher.OutcomeRejected
	})
	r.close(t.Context())

	spans := receiver.Await(t, 2)
	server, client := named(t, spans, decision), named(t, spans, "handle policy")
	if server.Trace != hex(cb) || server.Parent != "" || server.Kind != otlp.Span_SPAN_KIND_SERVER || server.Failed {
		t.Errorf("the callback's span is %+v", server)
	}
	if client.Trace != server.Trace || client.Parent != server.ID || client.Kind != otlp.Span_SPAN_KIND_CLIENT || client.Failed {
		t.Errorf("the attempt's span is %+v, below %s", client, server.ID)
	}
	if want := "00-" + client.Trace + "-" + client.ID + "-01"; got.Traceparent != want {
		t.Errorf("the plugin gets %q, want %q", got.Traceparent, want)
	}
	about := map[string]string{"switchhook.callback.id": cb.ID, "switchhook.command": decision, "switchhook.app": app, "switchhook.outcome": "rejected"}
	want := maps.Clone(about)
	want["http.request.method"], want["http.response.status_code"] = "POST", "int_value:200"
	if diff := cmp.Diff(want, server.Attributes); diff != "" {
		t.Errorf("attributes of the callback (-want +got):\n%s", diff)
	}
	want = maps.Clone(about)
	maps.Copy(want, map[string]string{
		"rpc.system.name": "grpc", "switchhook.plugin": "policy", "switchhook.attempt": "int_value:1",
		"switchhook.redelivered": "bool_value:false", "switchhook.purpose": "live",
	})
	if diff := cmp.Diff(want, client.Attributes); diff != "" {
		t.Errorf("attributes of the attempt (-want +got):\n%s", diff)
	}
	if server.Resource["service.name"] != "switchhook" || server.Resource["service.version"] != "1.2.3" {
		t.Errorf("sent by %v", server.Resource)
	}
	if exported, dropped := r.counted(); exported != 2 || dropped != 0 {
		t.Errorf("%d exported, %d dropped, want 2 and 0", exported, dropped)
	}
	r.lint()
}

// A stored event is delivered later, perhaps after a restart: its id is all that is left.
func TestADeliveryIsATraceOfItsOwnThatLeadsToTheCallbacks(t *testing.T) {
	t.Parallel()
	receiver := tracetest.New(nil)
	r := start(t, to(receiver.ServeGRPC(t)))
	cb := callback(t, event)
	accept := r.Accept(func(context.Context, sdk.Callback, []string) error { return nil })
	r.pass(cb, http.StatusOK, func(ctx context.Context) dispatcher.Outcome {
		if err := accept(ctx, cb, []string{"blacklist", "audit"}); err != nil {
			t.Error(err)
		}
		return dispatcher.OutcomeAccepted
	})
	var got sdk.Callback
	deliver := r.Deliver(func(ctx context.Context, plugin string, cb sdk.Callback) (sdk.Reply, error) {
		return r.Handler(plugin, answers(&got, sdk.Reply{}, sdk.RetryAfter(0, errWords))).Handle(ctx, cb)
	})
	later := cb
	later.Attempt, later.Redelivered, later.Purpose = 2, true, sdk.Replay
	_, err := deliver(context.Background(), "blacklist", later)
	if !errors.Is(err, errWords) || sdk.KindOf(err) != sdk.KindFailed {
		t.Errorf("the delivery's error has become %v", err)
	}
	var log bytes.Buffer // the line is written when nobody is in the span any more
	dispatcher.FailureOf(later, "blacklist", err).Log(context.Background(), r.Logger(slog.New(slog.NewTextHandler(&log, nil))), slog.LevelWarn)
	r.close(t.Context())

	spans := receiver.Await(t, 4)
	server, producer := named(t, spans, event), named(t, spans, "accept")
	consumer, client := named(t, spans, "deliver blacklist"), named(t, spans, "handle blacklist")
	if producer.Kind != otlp.Span_SPAN_KIND_PRODUCER || producer.Trace != hex(cb) || producer.Parent != server.ID ||
		producer.Attributes["switchhook.outcome"] != "accepted" || producer.Attributes["messaging.message.id"] != cb.ID {
		t.Errorf("the span of accepting is %+v, below %s", producer, server.ID)
	}
	if consumer.Kind != otlp.Span_SPAN_KIND_CONSUMER || consumer.Trace == hex(cb) || consumer.Parent != "" {
		t.Errorf("the delivery's span is %+v", consumer)
	}
	if !strings.Contains(log.String(), " trace_id="+consumer.Trace) {
		t.Errorf("the line of the failure does not name trace %s: %s", consumer.Trace, &log)
	}
	if diff := cmp.Diff([]tracetest.Link{{Trace: server.Trace, ID: server.ID}}, consumer.Links); diff != "" {
		t.Errorf("the delivery's links (-want +got):\n%s", diff)
	}
	if client.Trace != consumer.Trace || client.Parent != consumer.ID || got.Traceparent != "00-"+client.Trace+"-"+client.ID+"-01" {
		t.Errorf("the attempt's span is %+v below %s, and the plugin gets %q", client, consumer.ID, got.Traceparent)
	}
	for _, s := range []tracetest.Span{consumer, client} {
		if !s.Failed || s.Attributes["error.type"] != "failed" || s.Attributes["switchhook.attempt"] != "int_value:2" ||
			s.Attributes["switchhook.redelivered"] != "bool_value:true" || s.Attributes["switchhook.purpose"] != "replay" {
			t.Errorf("the second attempt failed: %+v", s)
		}
	}
	for _, raw := range receiver.Raw() {
		if bytes.Contains(raw, []byte(words)) || bytes.Contains(raw, []byte("alice")) || bytes.Contains(raw, []byte("192.0.2.1")) {
			t.Errorf("a span tells what is in a body: %q", raw)
		}
	}
}

func TestSpansSayWhatBecameOfThings(t *testing.T) {
	t.Parallel()
	receiver := tracetest.New(nil)
	r := start(t, to(receiver.ServeGRPC(t)))
	for name, test := range map[string]struct {
		reply  sdk.Reply
		err    error
		want   string
		failed bool
	}{
		"ok":         {want: "ok"},
		"refused":    {reply: sdk.Reply{Code: 10100, Info: "no"}, want: "rejected"},
		"misread":    {reply: sdk.Reply{Code: 7}, want: "bad_reply", failed: true},
		"overloaded": {err: sdk.Overloaded(0, errWords), want: "overloaded", failed: true},
		"late":       {err: context.DeadlineExceeded, want: "timeout", failed: true},
	} {
		cb := callback(t, decision)
		r.pass(cb, http.StatusOK, func(ctx context.Context) dispatcher.Outcome {
			var got sdk.Callback
			_, err := r.Handler(name, answers(&got, test.reply, test.err)).Handle(ctx, cb)
			return dispatcher.Judge(cb, test.reply, err)
		})
		defer func() {
			s := named(t, receiver.Spans(), "handle "+name)
			if got := s.Attributes["switchhook.outcome"]; got != test.want || s.Failed != test.failed {
				t.Errorf("%s: %s, failed %t, want %s", name, got, s.Failed, test.want)
			}
		}()
	}
	cb := callback(t, event)
	r.pass(cb, http.StatusInternalServerError, func(ctx context.Context) dispatcher.Outcome {
		defer func() {
			if recover() == nil {
				t.Error("the panic is gone")
			}
		}()
		panics := sdk.HandlerFunc(func(context.Context, sdk.Callback) (sdk.Reply, error) { panic("told to") })
		_, _ = r.Handler("panicking", panics).Handle(ctx, cb)
		return dispatcher.OutcomeOK
	})
	r.close(t.Context())
	if s := named(t, receiver.Spans(), "handle panicking"); s.Attributes["switchhook.outcome"] != "internal" || !s.Failed {
		t.Errorf("after a panic: %+v", s)
	}
}
