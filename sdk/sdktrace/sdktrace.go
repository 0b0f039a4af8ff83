// Package sdktrace joins a plugin's spans to the gateway's, for plugins that use
// OpenTelemetry. One line at the beginning of a handler does:
//
//	ctx, span := tracer.Start(sdktrace.Context(ctx, cb), "block")
//	defer span.End()
//
// The plugin has a TracerProvider and a collector of its own; the gateway passes no
// spans on. Where the gateway does not trace, the plugin's spans begin traces of their
// own, as without this package.
package sdktrace

import (
	"context"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/switchhook/switchhook/sdk"
)

// Context returns ctx with the gateway's span of this attempt as the remote parent of
// what is started in it. A parent-based sampler, which is OpenTelemetry's usual one,
// then samples what the gateway samples. Where cb has no Traceparent, or none that can
// be read, it returns ctx as it is.
func Context(ctx context.Context, cb sdk.Callback) context.Context {
	if cb.Traceparent == "" {
		return ctx
	}
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": cb.Traceparent})
}

// SpanContext returns the gateway's span of this attempt, for a link to it or for a
// line in a log. It is not valid where cb has no Traceparent, or none that can be read.
func SpanContext(cb sdk.Callback) trace.SpanContext {
	return trace.SpanContextFromContext(Context(context.Background(), cb))
}
