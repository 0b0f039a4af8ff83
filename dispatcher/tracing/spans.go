package tracing

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/sdk"
)

// The attributes that no semantic convention has.
const (
	callbackKey    = attribute.Key("switchhook.callback.id")
	commandKey     = attribute.Key("switchhook.command")
	appKey         = attribute.Key("switchhook.app")
	pluginKey      = attribute.Key("switchhook.plugin")
	pluginsKey     = attribute.Key("switchhook.plugins")
	attemptKey     = attribute.Key("switchhook.attempt")
	redeliveredKey = attribute.Key("switchhook.redelivered")
	purposeKey     = attribute.Key("switchhook.purpose")
	outcomeKey     = attribute.Key("switchhook.outcome")
)

// system is what OpenTelemetry's conventions call the kind of a queue.
const system = "switchhook"

// Gateway returns what gateway.Options.Trace is told; nil where nothing is traced.
func (t *Tracer) Gateway() func(context.Context, sdk.Callback) (context.Context, func(status int, outcome dispatcher.Outcome)) {
	if !t.on {
		return nil
	}
	return t.callback
}

// callback begins the span of a callback at its first byte. It has no parent: the
// request comes over the open internet, and Tencent sends no traceparent.
func (t *Tracer) callback(ctx context.Context, cb sdk.Callback) (context.Context, func(status int, outcome dispatcher.Outcome)) {
	o, ok := originOf(cb.ID)
	if !ok || !t.samples(o) {
		return ctx, nil
	}
	ctx, span := t.tracer.Start(context.WithValue(ctx, originKey{}, o), cb.Command,
		trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(cb.ReceivedAt),
		trace.WithAttributes(about(cb, semconv.HTTPRequestMethodPost)...))
	return ctx, func(status int, outcome dispatcher.Outcome) {
		span.SetAttributes(semconv.HTTPResponseStatusCode(status))
		end(span, outcome)
	}
}

// Accept returns accept with a span around it, of callbacks that are traced.
func (t *Tracer) Accept(accept dispatcher.AcceptFunc) dispatcher.AcceptFunc {
	if !t.on {
		return accept
	}
	return func(ctx context.Context, cb sdk.Callback, plugins []string) error {
		if !sampled(ctx) {
			return accept(ctx, cb, plugins)
		}
		ctx, span := t.tracer.Start(ctx, "accept", trace.WithSpanKind(trace.SpanKindProducer),
			trace.WithAttributes(about(cb, append(queued(cb, "accept"), semconv.MessagingOperationTypeSend, pluginsKey.StringSlice(plugins))...)...))
		outcome := dispatcher.OutcomeInternal
		defer func() { end(span, outcome) }()
		err := accept(ctx, cb, plugins)
		outcome = dispatcher.OutcomeAccepted
		if err != nil {
			outcome = dispatcher.Judge(cb, sdk.Reply{}, err)
		}
		return err
	}
}

// DeliverFunc is one attempt to have a plugin handle a stored event:
// [dispatcher.Dispatcher.Deliver].
type DeliverFunc func(ctx context.Context, plugin string, cb sdk.Callback) (sdk.Reply, error)

// Deliver returns deliver with a span around it, of callbacks that are traced. Each
// delivery is a trace of its own, since it may come days after the callback; a link
// leads to the callback's span. An error of deliver knows its trace, since it is logged
// when the span has ended; see [dispatcher.Failure.Log].
func (t *Tracer) Deliver(deliver DeliverFunc) DeliverFunc {
	if !t.on {
		return deliver
	}
	return func(ctx context.Context, plugin string, cb sdk.Callback) (reply sdk.Reply, err error) {
		o, ok := originOf(cb.ID)
		if !ok || !t.samples(o) {
			return deliver(ctx, plugin, cb)
		}
		ctx, span := t.tracer.Start(ctx, "deliver "+plugin, trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindConsumer),
			trace.WithLinks(trace.Link{SpanContext: o.context(trace.FlagsSampled)}),
			trace.WithAttributes(about(cb, append(attempted(cb, plugin), append(queued(cb, "deliver"), semconv.MessagingOperationTypeProcess)...)...)...))
		outcome := dispatcher.OutcomeInternal
		defer func() { end(span, outcome) }()
		reply, err = deliver(ctx, plugin, cb)
		outcome = dispatcher.Judge(cb, reply, err)
		if err != nil {
			err = &deliveryError{err, span.SpanContext()}
		}
		return reply, err
	}
}

// deliveryError is the error of a delivery that was traced.
type deliveryError struct {
	error

	span trace.SpanContext
}

func (f *deliveryError) Unwrap() error { return f.error }

// Within returns ctx inside of the delivery's span.
func (f *deliveryError) Within(ctx context.Context) context.Context {
	return trace.ContextWithSpanContext(ctx, f.span)
}

// Handler returns the plugin's handler with a span around each attempt of a callback
// that is traced. What the plugin gets says where the attempt stands, also of a callback
// that is not sampled, so that the plugin does not sample it by itself.
func (t *Tracer) Handler(plugin string, h sdk.Handler) sdk.Handler {
	if !t.on {
		return h
	}
	return sdk.HandlerFunc(func(ctx context.Context, cb sdk.Callback) (reply sdk.Reply, err error) {
		if !sampled(ctx) {
			if o, ok := originOf(cb.ID); ok {
				cb.Traceparent = traceparent(o.context(0))
			}
			return h.Handle(ctx, cb)
		}
		ctx, span := t.tracer.Start(ctx, "handle "+plugin, trace.WithSpanKind(trace.SpanKindClient),
			trace.WithAttributes(about(cb, append(attempted(cb, plugin), semconv.RPCSystemNameGRPC)...)...))
		outcome := dispatcher.OutcomeInternal
		defer func() { end(span, outcome) }()
		cb.Traceparent = traceparent(span.SpanContext())
		reply, err = h.Handle(ctx, cb)
		outcome = dispatcher.Judge(cb, reply, err)
		return reply, err
	})
}

// sampled reports whether ctx is inside a span of ours.
func sampled(ctx context.Context) bool { return trace.SpanContextFromContext(ctx).IsSampled() }

// about is what every span says of its callback, and more.
func about(cb sdk.Callback, more ...attribute.KeyValue) []attribute.KeyValue {
	return append([]attribute.KeyValue{callbackKey.String(cb.ID), commandKey.String(cb.Command), appKey.String(cb.AppID)}, more...)
}

// attempted says which attempt at whom it is.
func attempted(cb sdk.Callback, plugin string) []attribute.KeyValue {
	return []attribute.KeyValue{
		pluginKey.String(plugin), attemptKey.Int(cb.Attempt), redeliveredKey.Bool(cb.Redelivered), purposeKey.String(cb.Purpose.String()),
	}
}

// queued says of an event what the conventions for messages want to know.
func queued(cb sdk.Callback, operation string) []attribute.KeyValue {
	return []attribute.KeyValue{
		semconv.MessagingSystemKey.String(system), semconv.MessagingOperationName(operation),
		semconv.MessagingMessageID(cb.ID), semconv.MessagingDestinationName(cb.Command),
	}
}

// end ends a span. The text of an error stays out of it: it may quote a body.
func end(span trace.Span, outcome dispatcher.Outcome) {
	span.SetAttributes(outcomeKey.String(outcome.String()))
	if outcome.Failed() {
		span.SetAttributes(semconv.ErrorTypeKey.String(outcome.String()))
		span.SetStatus(codes.Error, "")
	}
	span.End()
}
