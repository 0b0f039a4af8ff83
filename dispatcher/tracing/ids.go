package tracing

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"

	"go.opentelemetry.io/otel/trace"
)

// origin is the span of a callback at the gateway, as its id alone says.
type origin struct {
	trace trace.TraceID
	span  trace.SpanID
}

// originOf reads a callback's id, a UUID of version 7 (RFC 9562): its bytes are the
// trace id, and its second half, which is random and never zero, is the span id.
func originOf(id string) (o origin, ok bool) {
	const text = 36
	if len(id) != text || id[8] != '-' || id[13] != '-' || id[18] != '-' || id[23] != '-' {
		return origin{}, false
	}
	var digits [32]byte
	at := copy(digits[:], id[:8])
	for _, part := range []string{id[9:13], id[14:18], id[19:23], id[24:]} {
		at += copy(digits[at:], part)
	}
	if _, err := hex.Decode(o.trace[:], digits[:]); err != nil {
		return origin{}, false
	}
	copy(o.span[:], o.trace[len(o.trace)-len(o.span):])
	return o, o.span.IsValid()
}

// context is the callback's span as others refer to it.
func (o origin) context(flags trace.TraceFlags) trace.SpanContext {
	return trace.NewSpanContext(trace.SpanContextConfig{TraceID: o.trace, SpanID: o.span, TraceFlags: flags, Remote: true})
}

// randomBits are those of a trace id that W3C's second level wants random, and that
// consistent sampling goes by: the last 56 (https://www.w3.org/TR/trace-context-2/#random-trace-id-flag).
// Those above them hold a UUID's fixed bits.
const randomBits = 56

// thresholdOf is what the random bits have to reach, so that one part of all does.
func thresholdOf(ratio float64) uint64 {
	return uint64((1 - min(max(ratio, 0), 1)) * (1 << randomBits))
}

// samples reports whether a callback is traced. It follows from the id alone, so that
// the callback and every delivery of it are traced, or none of them.
func (t *Tracer) samples(o origin) bool {
	return binary.BigEndian.Uint64(o.span[:])&(1<<randomBits-1) >= t.threshold
}

// traceparent writes a span context as its header has it
// (https://www.w3.org/TR/trace-context/#traceparent-header-field-values).
func traceparent(sc trace.SpanContext) string {
	const size = 55
	id, span, flags := sc.TraceID(), sc.SpanID(), [1]byte{byte(sc.TraceFlags())}
	text := make([]byte, 0, size)
	text = append(text, "00-"...)
	text = hex.AppendEncode(text, id[:])
	text = append(text, '-')
	text = hex.AppendEncode(text, span[:])
	text = append(text, '-')
	return string(hex.AppendEncode(text, flags[:]))
}

// generator makes the ids of spans: of a callback's those that follow from its id, and
// else random ones.
type generator struct{}

type originKey struct{}

// NewIDs returns the ids of the first span of a trace.
func (g generator) NewIDs(ctx context.Context) (id trace.TraceID, span trace.SpanID) {
	if o, ok := ctx.Value(originKey{}).(origin); ok {
		return o.trace, o.span
	}
	_, _ = rand.Read(id[:]) // never fails
	return id, g.NewSpanID(ctx, id)
}

// NewSpanID returns the id of a further span.
func (generator) NewSpanID(context.Context, trace.TraceID) (span trace.SpanID) {
	for !span.IsValid() {
		_, _ = rand.Read(span[:]) // never fails
	}
	return span
}
