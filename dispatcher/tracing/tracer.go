package tracing

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// closePatience is how long the spans that wait at the end may take to go out.
const closePatience = 5 * time.Second

// scope names this room as the maker of its spans.
const scope = "github.com/switchhook/switchhook/dispatcher/tracing"

// Options say where spans go. The zero Options trace nothing.
type Options struct {
	// Endpoint is the collector's host and port; over HTTP a path may follow, which is
	// /v1/traces where none does. Empty traces nothing.
	Endpoint string
	// HTTP sends protobuf over HTTP in place of gRPC.
	HTTP bool
	// Insecure goes there without TLS.
	Insecure bool
	// CA is a file of certificates, in PEM, that the collector's may be signed by;
	// empty for the system's.
	CA string
	// Headers are sent with every batch.
	Headers map[string]string
	// Ratio is the part of the callbacks that is traced, from 0 to 1.
	Ratio float64
	// Queue is how many spans may wait for the collector or be on their way to it; 0
	// means 4096. Further ones are dropped.
	Queue int
	// Version is the gateway's own.
	Version string
	// Logger is told, now and then, that spans do not go out; nil discards it.
	Logger *slog.Logger
	// Registerer gets the room's metrics, also where nothing is traced; nil keeps
	// them to itself.
	Registerer prometheus.Registerer
}

// Tracer makes the gateway's spans. It is safe for concurrent use.
type Tracer struct {
	on        bool
	threshold uint64
	tracer    trace.Tracer
	outbox    *outbox
	close     sync.Once
}

// New returns a Tracer. It does not wait for the collector, which may come later. The
// error is a certificate that cannot be read, or a metric that is already registered.
func New(ctx context.Context, o Options) (*Tracer, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Registerer == nil {
		o.Registerer = prometheus.NewRegistry()
	}
	counted, err := newMetrics(o.Registerer)
	if err != nil {
		return nil, fmt.Errorf("register the metrics of tracing: %w", err)
	}
	if o.Endpoint == "" {
		return &Tracer{}, nil
	}
	sender, err := newExporter(ctx, o)
	if err != nil {
		return nil, err
	}
	complaints := &complaints{log: o.Logger}
	// What fails on the way out is dealt with in the outbox. OpenTelemetry's library has
	// one handler a process for the rest, which would write to standard error by itself.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { complaints.add(context.Background(), err, 0) })) //nolint:contextcheck // it is of no request
	t := &Tracer{on: true, threshold: thresholdOf(o.Ratio), outbox: newOutbox(cmp.Or(o.Queue, usualQueue), sender, counted, complaints)}
	provider := sdktrace.NewTracerProvider(
		// Who is not sampled gets no span at all; see Tracer.samples.
		sdktrace.WithSampler(sdktrace.AlwaysSample()),
		sdktrace.WithIDGenerator(generator{}),
		sdktrace.WithResource(identity(o.Version)),
		sdktrace.WithSpanProcessor(t.outbox),
	)
	t.tracer = provider.Tracer(scope, trace.WithInstrumentationVersion(o.Version))
	return t, nil
}

// identity says whose spans they are. It reads nothing from the environment: the
// gateway's file is the one place for its settings.
func identity(version string) *resource.Resource {
	attributes := append(language(), semconv.ServiceName("switchhook"), semconv.ServiceVersion(version))
	if host, err := os.Hostname(); err == nil {
		attributes = append(attributes, semconv.HostName(host))
	}
	return resource.NewWithAttributes(semconv.SchemaURL, attributes...)
}

// Close sends the spans that wait, for 5 s at most, and drops and counts those that do
// not go out in that time. That the collector is away is no error of the gateway's. A
// second call does nothing.
func (t *Tracer) Close(ctx context.Context) error {
	if !t.on {
		return nil
	}
	t.close.Do(func() {
		ctx, cancel := context.WithTimeout(ctx, closePatience)
		defer cancel()
		cut := context.AfterFunc(ctx, t.outbox.cut)
		defer cut()
		// The provider would not even begin where ctx has ended. All that the outbox can
		// tell is that time was up.
		_ = t.outbox.Shutdown(ctx)
		t.outbox.end(context.WithoutCancel(ctx))
	})
	return nil
}
