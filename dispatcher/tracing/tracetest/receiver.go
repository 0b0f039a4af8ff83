// Package tracetest is an OpenTelemetry collector on loopback, for tests: it takes spans
// by OTLP over gRPC and over HTTP, keeps them, and may be told to be slow or to refuse.
package tracetest

import (
	"context"
	"encoding/hex"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	_ "google.golang.org/grpc/encoding/gzip" // what senders compress with
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
)

// patience bounds every wait; nothing is ever measured by it.
const patience = 4 * time.Minute

// Span is a span as it arrived, its ids in hexadecimal digits.
type Span struct {
	Name, Trace, ID, Parent string
	Kind                    otlp.Span_SpanKind
	Failed                  bool
	Links                   []Link
	// Attributes are by key; those that are no text are written as protobuf does.
	Attributes map[string]string
	// Resource are the attributes of whoever sent it.
	Resource map[string]string
}

// Link is what another span is referred to by.
type Link struct{ Trace, ID string }

// Receiver is a collector. Its methods may be called from many goroutines at once.
type Receiver struct {
	collector.UnimplementedTraceServiceServer

	mu      sync.Mutex
	spans   []Span
	raw     [][]byte
	headers []http.Header
	calls   int
	reply   func(ctx context.Context, spans int) (*collector.ExportTraceServiceResponse, error)
}

// New returns a receiver that takes everything. Reply, where it is not nil, answers in
// its place, and what it refuses is not kept; it may wait.
func New(reply func(ctx context.Context, spans int) (*collector.ExportTraceServiceResponse, error)) *Receiver {
	return &Receiver{reply: reply}
}

// ServeGRPC serves OTLP over gRPC on a free port until the test ends, and returns the
// address.
func (r *Receiver) ServeGRPC(tb testing.TB) string {
	tb.Helper()
	listener := Listen(tb)
	server := grpc.NewServer()
	collector.RegisterTraceServiceServer(server, r)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener)
	}()
	tb.Cleanup(func() {
		server.Stop()
		<-done
	})
	return listener.Addr().String()
}

// Listen returns a listener on a free port of loopback, closed when the test ends.
func Listen(tb testing.TB) net.Listener {
	tb.Helper()
	listener, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = listener.Close() })
	return listener
}

// Export takes what comes over gRPC.
func (r *Receiver) Export(ctx context.Context, m *collector.ExportTraceServiceRequest) (*collector.ExportTraceServiceResponse, error) {
	headers := http.Header{}
	if md, ok := metadata.FromIncomingContext(ctx); ok {
		for name, values := range md {
			headers[http.CanonicalHeaderKey(name)] = values
		}
	}
	return r.take(ctx, m, headers)
}

func (r *Receiver) take(ctx context.Context, m *collector.ExportTraceServiceRequest, headers http.Header) (*collector.ExportTraceServiceResponse, error) {
	spans := read(m)
	r.mu.Lock()
	r.calls++
	r.headers = append(r.headers, headers)
	r.mu.Unlock()
	answer := &collector.ExportTraceServiceResponse{}
	if r.reply != nil {
		var err error
		if answer, err = r.reply(ctx, len(spans)); err != nil {
			return nil, err
		}
	}
	raw, err := proto.Marshal(m)
	if err != nil {
		return nil, err //nolint:wrapcheck // it was decoded a moment ago
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spans, r.raw = append(r.spans, spans...), append(r.raw, raw)
	return answer, nil
}

// Spans are those that have arrived.
func (r *Receiver) Spans() []Span {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.spans)
}

// Raw are the messages that have arrived, as bytes.
func (r *Receiver) Raw() [][]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.raw)
}

// Headers are those of the calls so far, refused ones included.
func (r *Receiver) Headers() []http.Header {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.headers)
}

// Await waits until n spans have arrived, and returns all.
func (r *Receiver) Await(tb testing.TB, n int) []Span {
	tb.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); ; <-tick.C {
		spans := r.Spans()
		if len(spans) >= n {
			return spans
		}
		if time.Now().After(end) {
			tb.Fatalf("of %d spans there came %v", n, spans)
		}
	}
}

func read(m *collector.ExportTraceServiceRequest) (spans []Span) {
	for _, resource := range m.GetResourceSpans() {
		from := attributes(resource.GetResource().GetAttributes())
		for _, scope := range resource.GetScopeSpans() {
			for _, s := range scope.GetSpans() {
				span := Span{
					Name: s.GetName(), Trace: hex.EncodeToString(s.GetTraceId()), ID: hex.EncodeToString(s.GetSpanId()),
					Parent: hex.EncodeToString(s.GetParentSpanId()), Kind: s.GetKind(),
					Failed:     s.GetStatus().GetCode() == otlp.Status_STATUS_CODE_ERROR,
					Attributes: attributes(s.GetAttributes()), Resource: from,
				}
				for _, l := range s.GetLinks() {
					span.Links = append(span.Links, Link{hex.EncodeToString(l.GetTraceId()), hex.EncodeToString(l.GetSpanId())})
				}
				spans = append(spans, span)
			}
		}
	}
	return spans
}

func attributes(all []*common.KeyValue) map[string]string {
	found := make(map[string]string, len(all))
	for _, kv := range all {
		value := kv.GetValue().GetStringValue()
		if _, text := kv.GetValue().GetValue().(*common.AnyValue_StringValue); !text {
			value = kv.GetValue().String()
		}
		found[kv.GetKey()] = value
	}
	return found
}
