package sdktrace_test

import (
	"context"
	"fmt"

	sdkotel "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
	"github.com/switchhook/switchhook/sdk/sdktrace"
)

// traced is a callback as a gateway that traces sends it.
func traced() sdk.Callback {
	return sdk.Callback{
		Command: "Sns.CallbackBlackListAdd", Body: []byte(`{"CallbackCommand":"Sns.CallbackBlackListAdd"}`),
		Traceparent: "00-0192f0c123457abc8def0123456789ab-8def0123456789ab-01",
	}
}

// A handler whose span stands below the gateway's. A real plugin gives its provider an
// exporter, and shuts it down in serve.Plugin.Close.
func ExampleContext() {
	provider := sdkotel.NewTracerProvider()
	tracer := provider.Tracer("blocker")

	var mux sdk.Mux
	sdk.On(&mux, imevent.SnsBlackListAdd, func(ctx context.Context, cb sdk.Callback, _ imevent.SnsBlackListAddEvent) (sdk.Ack, error) {
		ctx, span := tracer.Start(sdktrace.Context(ctx, cb), "block")
		defer span.End()
		fmt.Println("of trace", trace.SpanContextFromContext(ctx).TraceID())
		return sdk.Ack{}, nil
	})
	_, err := mux.Handle(context.Background(), traced()) // the gateway asks like this
	fmt.Println(err)
	// Output:
	// of trace 0192f0c123457abc8def0123456789ab
	// <nil>
}

// Work that goes on after the answer has a trace of its own, with a link.
func ExampleSpanContext() {
	link := trace.Link{SpanContext: sdktrace.SpanContext(traced())}
	fmt.Println(link.SpanContext.SpanID(), link.SpanContext.IsSampled())
	// Output: 8def0123456789ab true
}
