package tracing_test

import (
	"context"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/dispatcher/tracing"
	"github.com/switchhook/switchhook/dispatcher/tracing/tracetest"
)

// many takes n callbacks through the gateway's span.
func (r *rig) many(n int) {
	r.t.Helper()
	for range n {
		r.pass(callback(r.t, event), http.StatusOK, func(context.Context) dispatcher.Outcome { return dispatcher.OutcomeOK })
	}
}

func TestACollectorThatIsSlowDelaysNothing(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	receiver := tracetest.New(func(ctx context.Context, _ int) (*collector.ExportTraceServiceResponse, error) {
		select {
		case <-release:
		case <-ctx.Done():
		}
		return &collector.ExportTraceServiceResponse{}, ctx.Err()
	})
	const queue, tooMany = 64, 10
	r := start(t, func(o *tracing.Options) { o.Endpoint, o.Queue = receiver.ServeGRPC(t), queue })
	r.many(queue + tooMany)
	if exported, dropped := r.counted(); exported != 0 || dropped != tooMany {
		t.Errorf("with a full queue %d are exported and %d dropped, want 0 and %d", exported, dropped, tooMany)
	}
	close(release)
	r.settled(queue + tooMany)
	if exported, dropped := r.counted(); exported != queue || dropped != tooMany || len(receiver.Spans()) != queue {
		t.Errorf("%d exported, %d dropped, %d arrived, want %d and %d", exported, dropped, len(receiver.Spans()), queue, tooMany)
	}
}

func TestACollectorThatIsAwayCostsSpansAlone(t *testing.T) {
	t.Parallel()
	listener := tracetest.Listen(t)
	nobody := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	for name, overHTTP := range map[string]bool{"over gRPC": false, "over HTTP": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, func(o *tracing.Options) { o.Endpoint, o.HTTP = nobody, overHTTP })
			r.many(700)
			over, cancel := context.WithCancel(t.Context())
			cancel()
			r.close(over) // its time is up before it has begun
			if exported, dropped := r.counted(); exported != 0 || dropped != 700 {
				t.Errorf("%d exported, %d dropped, want 0 and 700", exported, dropped)
			}
			said := 0.0
			for _, message := range []string{"spans were not sent before the end", "spans are not sent: callbacks go on as before"} {
				for _, line := range r.log.lines(message) {
					n, _ := line["spans"].(float64)
					said += n
				}
			}
			if said != 700 {
				t.Errorf("the log tells of %g of 700 spans: %s", said, &r.log.text)
			}
		})
	}
}

func TestWhatACollectorRefusesIsCountedAndSaidSeldom(t *testing.T) {
	t.Parallel()
	receiver := tracetest.New(func(context.Context, int) (*collector.ExportTraceServiceResponse, error) {
		return nil, status.Error(codes.InvalidArgument, "the tenant is unknown")
	})
	r := start(t, to(receiver.ServeGRPC(t)))
	r.many(3 * 512)
	r.settled(3 * 512)
	if exported, dropped := r.counted(); exported != 0 || dropped != 3*512 {
		t.Errorf("%d exported, %d dropped, want 0 and %d", exported, dropped, 3*512)
	}
	said := r.log.lines("spans are not sent: callbacks go on as before")
	if len(said) != 1 || !strings.Contains(said[0]["err"].(string), "the tenant is unknown") {
		t.Errorf("the log says %v, want one line for three batches", said)
	}
}

func TestAPartOfABatchMayBeRefused(t *testing.T) {
	t.Parallel()
	receiver := tracetest.New(func(context.Context, int) (*collector.ExportTraceServiceResponse, error) {
		return &collector.ExportTraceServiceResponse{PartialSuccess: &collector.ExportTracePartialSuccess{
			RejectedSpans: 3, ErrorMessage: "over the quota",
		}}, nil
	})
	r := start(t, to(receiver.ServeGRPC(t)))
	r.many(10)
	r.settled(10)
	if exported, dropped := r.counted(); exported != 7 || dropped != 3 {
		t.Errorf("%d exported, %d dropped, want 7 and 3", exported, dropped)
	}
}

func TestTheWaysToACollector(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		path, want string
		tls        bool
	}{
		"in clear text":          {want: "/v1/traces"},
		"with TLS":               {want: "/v1/traces", tls: true},
		"with TLS, below a path": {path: "/otlp/v1/traces", want: "/otlp/v1/traces", tls: true},
	} {
		t.Run("over HTTP "+name, func(t *testing.T) {
			t.Parallel()
			receiver := tracetest.New(nil)
			server := httptest.NewUnstartedServer(receiver)
			ca := ""
			if test.tls {
				server.StartTLS()
				ca = filepath.Join(t.TempDir(), "ca.pem")
				text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
				if err := os.WriteFile(ca, text, 0o600); err != nil {
					t.Fatal(err)
				}
			} else {
				server.Start()
			}
			t.Cleanup(server.Close)
			r := start(t, func(o *tracing.Options) {
				o.Endpoint, o.HTTP, o.Insecure, o.CA = server.Listener.Addr().String()+test.path, true, !test.tls, ca
				o.Headers = map[string]string{"X-Api-Key": "k3y"}
			})
			r.many(1)
			r.settled(1)
			if h := receiver.Headers()[0]; h.Get("X-Api-Key") != "k3y" || h.Get("Path") != test.want {
				t.Errorf("it came with %v", h)
			}
		})
	}
	t.Run("over gRPC", func(t *testing.T) {
		t.Parallel()
		receiver := tracetest.New(nil)
		r := start(t, func(o *tracing.Options) {
			o.Endpoint, o.Headers = receiver.ServeGRPC(t), map[string]string{"X-Api-Key": "k3y"}
		})
		r.many(1)
		r.settled(1)
		if h := receiver.Headers()[0]; h.Get("X-Api-Key") != "k3y" {
			t.Errorf("it came with %v", h)
		}
	})
}

func TestACertificateThatCannotBeReadIsAnErrorAtTheStart(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for ca, want := range map[string]string{"/nowhere/ca.pem": "no such file", empty: "no certificate in PEM"} {
		_, err := tracing.New(t.Context(), tracing.Options{Endpoint: "127.0.0.1:1", CA: ca})
		if err == nil || !strings.Contains(err.Error(), "read the collector's certificates") || !strings.Contains(err.Error(), want) {
			t.Errorf("New: %v, want %s", err, want)
		}
	}
}
