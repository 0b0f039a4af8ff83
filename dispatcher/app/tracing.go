package app

import (
	"context"
	"fmt"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/dispatcher/tracing"
)

// openTracing comes first of the rooms, since the others are made with what it wraps,
// and so it ends last, when nobody makes a span any more.
func (a *App) openTracing(ctx context.Context) error {
	t := a.config.Tracing
	headers := make(map[string]string, len(t.Headers))
	for name, value := range t.Headers {
		headers[name] = value.Reveal()
	}
	tracer, err := tracing.New(ctx, tracing.Options{
		Endpoint: t.Endpoint, HTTP: t.Protocol == "http", Insecure: t.Insecure, CA: t.CA, Headers: headers, Ratio: t.SampleRatio,
		Version: a.options.Version, Logger: a.log, Registerer: a.registry,
	})
	if err != nil {
		return fmt.Errorf("tracing: %w", err)
	}
	a.tracer, a.log = tracer, tracer.Logger(a.log)
	a.onClose("tracing", tracer.Close)
	return nil
}

// traceID names a callback's trace, for exemplars; nil where nothing is traced.
func (a *App) traceID() func(context.Context) string {
	if a.config.Tracing.Endpoint == "" {
		return nil
	}
	return tracing.TraceID
}

// traceAttempts has every attempt at a plugin traced.
func (a *App) traceAttempts(b dispatcher.Blueprint) {
	for i := range b.Plugins {
		p := &b.Plugins[i]
		p.Handler = a.tracer.Handler(p.Name, p.Handler)
	}
}
