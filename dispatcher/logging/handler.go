package logging

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// What the fields of Options mean that are left at zero.
const (
	// DefaultBurst and DefaultRate are for lines of the gateway's own.
	DefaultBurst = 50
	DefaultRate  = 5
	// DefaultPluginBurst and DefaultPluginRate are for all that one plugin prints.
	DefaultPluginBurst = 500
	DefaultPluginRate  = 100
	// DefaultEvery is how often what was left out is told of.
	DefaultEvery = 10 * time.Second
)

// Options are what a [Handler] is made from. Next is needed; any other field left at
// zero means the usual.
type Options struct {
	// Next writes the lines.
	Next slog.Handler
	// Registerer gets the counts; nil keeps them to itself.
	Registerer prometheus.Registerer
	// Burst is how many lines that are alike pass at once, and Rate how many a second
	// in the long run. PluginBurst and PluginRate are the same for the lines that a
	// plugin prints.
	Burst, Rate             int
	PluginBurst, PluginRate int
	// Every is how often a kind that lines are left out of is told of.
	Every time.Duration
}

// Handler is a [slog.Handler] before another. It is safe for concurrent use.
type Handler struct {
	next  slog.Handler
	gate  *gate
	about about
	group bool // attributes are in a group now, and tell nothing of the whole line
}

// New returns a handler that counts and bounds what reaches o.Next. It has to be
// closed. The error is a metric that is already registered, or a missing Next.
func New(o Options) (*Handler, error) {
	if o.Next == nil {
		return nil, errors.New("logging: Next is missing")
	}
	m, err := newMetrics(o.Registerer)
	if err != nil {
		return nil, fmt.Errorf("register the log's metrics: %w", err)
	}
	return &Handler{next: o.Next, gate: newGate(o.withDefaults(), m)}, nil
}

// Enabled leaves the level to the handler behind.
func (h *Handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

// Handle writes the record, unless too many like it came at once.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	a := h.about
	if !h.group {
		r.Attrs(func(attr slog.Attr) bool {
			a.note(attr)
			return true
		})
	}
	if !h.gate.pass(r.Level, a.kind(r)) {
		return nil
	}
	return h.next.Handle(ctx, r) //nolint:wrapcheck // the writer's own
}

// WithAttrs returns a handler whose lines have these attributes too.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	next := *h
	next.next = h.next.WithAttrs(attrs)
	if !h.group {
		for _, a := range attrs {
			next.about.note(a)
		}
	}
	return &next
}

// WithGroup returns a handler whose further attributes are in a group.
func (h *Handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	next := *h
	next.next, next.group = h.next.WithGroup(name), true
	return &next
}

// Close tells what was left out and not told of yet. Lines that come later are
// written and counted, and none is left out any more.
func (h *Handler) Close() { h.gate.close() }

func (o Options) withDefaults() Options {
	for _, field := range []struct {
		value *int
		usual int
	}{
		{&o.Burst, DefaultBurst},
		{&o.Rate, DefaultRate},
		{&o.PluginBurst, DefaultPluginBurst},
		{&o.PluginRate, DefaultPluginRate},
	} {
		if *field.value <= 0 {
			*field.value = field.usual
		}
	}
	if o.Every <= 0 {
		o.Every = DefaultEvery
	}
	return o
}
