package tracing

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"google.golang.org/grpc/credentials"
)

// How a batch that did not arrive is tried again, within exportTimeout.
const (
	firstRetry = time.Second
	lastRetry  = 5 * time.Second
)

// usualPath is where a collector takes spans over HTTP (OTLP 1.11, "OTLP/HTTP Request").
const usualPath = "/v1/traces"

// newExporter returns what sends spans by OTLP. Every setting that a variable of the
// environment could make is made here, so that none of them counts.
func newExporter(ctx context.Context, o Options) (*otlptrace.Exporter, error) {
	secured, err := tlsConfig(o)
	if err != nil {
		return nil, err
	}
	if o.Headers == nil {
		o.Headers = map[string]string{}
	}
	client := overGRPC
	if o.HTTP {
		client = overHTTP
	}
	exporter, err := otlptrace.New(ctx, client(o, secured))
	if err != nil {
		return nil, fmt.Errorf("prepare to send spans to %s: %w", o.Endpoint, err)
	}
	return exporter, nil
}

func overGRPC(o Options, secured *tls.Config) otlptrace.Client { //nolint:ireturn // the library's own constructor does
	options := []otlptracegrpc.Option{
		otlptracegrpc.WithEndpointURL(o.scheme() + o.Endpoint), otlptracegrpc.WithHeaders(o.Headers),
		otlptracegrpc.WithTimeout(exportTimeout), otlptracegrpc.WithCompressor("gzip"),
		otlptracegrpc.WithRetry(otlptracegrpc.RetryConfig{
			Enabled: true, InitialInterval: firstRetry, MaxInterval: lastRetry, MaxElapsedTime: exportTimeout,
		}),
	}
	if !o.Insecure {
		options = append(options, otlptracegrpc.WithTLSCredentials(credentials.NewTLS(secured)))
	}
	return otlptracegrpc.NewClient(options...)
}

func overHTTP(o Options, secured *tls.Config) otlptrace.Client { //nolint:ireturn // the library's own constructor does
	url := o.scheme() + o.Endpoint
	if !strings.Contains(o.Endpoint, "/") {
		url += usualPath
	}
	options := []otlptracehttp.Option{
		otlptracehttp.WithEndpointURL(url), otlptracehttp.WithHeaders(o.Headers),
		otlptracehttp.WithTimeout(exportTimeout), otlptracehttp.WithCompression(otlptracehttp.GzipCompression),
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{
			Enabled: true, InitialInterval: firstRetry, MaxInterval: lastRetry, MaxElapsedTime: exportTimeout,
		}),
	}
	if !o.Insecure {
		options = append(options, otlptracehttp.WithTLSClientConfig(secured))
	}
	return otlptracehttp.NewClient(options...)
}

func (o Options) scheme() string {
	if o.Insecure {
		return "http://"
	}
	return "https://"
}

var errNoCertificate = errors.New("there is no certificate in PEM in it")

func tlsConfig(o Options) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.CA == "" {
		return c, nil
	}
	text, err := os.ReadFile(o.CA)
	if err != nil {
		return nil, fmt.Errorf("read the collector's certificates: %w", err)
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("read the collector's certificates from %s: %w", o.CA, errNoCertificate)
	}
	return c, nil
}

// language says what made the spans, as every OpenTelemetry library has to.
func language() []attribute.KeyValue {
	return []attribute.KeyValue{
		semconv.TelemetrySDKName("opentelemetry"), semconv.TelemetrySDKLanguageGo, semconv.TelemetrySDKVersion(sdk.Version()),
	}
}
