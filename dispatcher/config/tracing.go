package config

// Tracing is whether and where spans of callbacks are sent.
type Tracing struct {
	// Endpoint is the collector's host and port, for http with a path where it is not
	// /v1/traces; empty for no traces.
	Endpoint string `yaml:"endpoint"`
	// Protocol is OTLP's: "grpc" or "http".
	Protocol string `yaml:"protocol"`
	// Insecure goes to the collector without TLS.
	Insecure bool `yaml:"insecure"`
	// CA is a file of certificates, in PEM, that the collector's may be signed by;
	// empty for the system's.
	CA string `yaml:"ca,path"`
	// Headers are sent to the collector with every batch, by name.
	Headers map[string]Secret `yaml:"headers"`
	// SampleRatio is the part of the callbacks that is traced, from 0 to 1.
	SampleRatio float64 `yaml:"sample_ratio"`
}

// The values of Protocol, and what is traced where the file does not say.
const (
	protocolGRPC       = "grpc"
	protocolHTTP       = "http"
	defaultSampleRatio = 0.01
)

func defaultTracing() Tracing {
	return Tracing{Protocol: protocolGRPC, SampleRatio: defaultSampleRatio}
}
