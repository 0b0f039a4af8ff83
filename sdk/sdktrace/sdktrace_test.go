package sdktrace_test

import (
	"context"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/sdktrace"
)

const (
	traceID = "0192f0c123457abc8def0123456789ab"
	spanID  = "8def0123456789ab"
)

func TestASpanOfThePluginStandsBelowTheGateways(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		traceparent    string
		valid, sampled bool
	}{
		"sampled":                            {"00-" + traceID + "-" + spanID + "-01", true, true},
		"not sampled":                        {"00-" + traceID + "-" + spanID + "-00", true, false},
		"of a later version":                 {"01-" + traceID + "-" + spanID + "-01-more", true, true},
		"none":                               {},
		"half of one":                        {traceparent: "00-" + traceID},
		"one of nobody":                      {traceparent: "00-00000000000000000000000000000000-" + spanID + "-01"},
		"something else altogether":          {traceparent: "\x00☂"},
		"two, as nobody may send (RFC 9110)": {traceparent: "00-" + traceID + "-" + spanID + "-01, 00-" + traceID + "-" + spanID + "-01"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cb := sdk.Callback{Traceparent: test.traceparent}
			sc := sdktrace.SpanContext(cb)
			if sc.IsValid() != test.valid || sc.IsSampled() != test.sampled || sc.IsRemote() != test.valid {
				t.Errorf("%q is %+v", test.traceparent, sc)
			}
			if test.valid && (sc.TraceID().String() != traceID || sc.SpanID().String() != spanID) {
				t.Errorf("%q is %+v", test.traceparent, sc)
			}
			if got := trace.SpanContextFromContext(sdktrace.Context(t.Context(), cb)); !got.Equal(sc) {
				t.Errorf("the context has %+v, want %+v", got, sc)
			}
		})
	}
}

type key struct{}

func TestWithoutATraceTheContextStaysTheSame(t *testing.T) {
	t.Parallel()
	ctx := context.WithValue(t.Context(), key{}, 1)
	if got := sdktrace.Context(ctx, sdk.Callback{}); got != ctx {
		t.Error("it is another context")
	}
}
