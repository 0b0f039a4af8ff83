package tracing

import (
	"context"
	"fmt"
	"log/slog"

	"go.opentelemetry.io/otel/trace"
)

// TraceID returns the trace id, in hexadecimal digits, of the span that ctx is inside
// of; empty where there is none that is sampled. It is what exemplars and log lines
// carry.
func TraceID(ctx context.Context) string {
	sc := trace.SpanContextFromContext(ctx)
	if !sc.IsSampled() {
		return ""
	}
	return sc.TraceID().String()
}

// Logger returns log with trace_id on the lines of callbacks that are traced. Where
// nothing is traced it returns log.
func (t *Tracer) Logger(log *slog.Logger) *slog.Logger {
	if !t.on {
		return log
	}
	return slog.New(lines{log.Handler()})
}

// lines adds the trace id to a line that is logged inside a span.
type lines struct{ slog.Handler }

// Handle adds the trace id and passes the line on.
func (l lines) Handle(ctx context.Context, r slog.Record) error {
	if id := TraceID(ctx); id != "" {
		r = r.Clone() // copies of a record share their attributes
		r.AddAttrs(slog.String("trace_id", id))
	}
	if err := l.Handler.Handle(ctx, r); err != nil {
		return fmt.Errorf("log: %w", err)
	}
	return nil
}

// WithAttrs returns a handler that does the same with these attributes.
func (l lines) WithAttrs(attrs []slog.Attr) slog.Handler { return lines{l.Handler.WithAttrs(attrs)} }

// WithGroup returns a handler that does the same within the group, the trace id too.
func (l lines) WithGroup(name string) slog.Handler { return lines{l.Handler.WithGroup(name)} }
