package config

import (
	"maps"
	"net"
	"regexp"
	"slices"
	"strings"
)

// headerName is what a header may be called that HTTP/2 carries (RFC 9113, 8.2.1), less
// those that are gRPC's own.
var headerName = regexp.MustCompile(`^[A-Za-z0-9!#$%&'*+.^_|~-]+$`)

// checkTracing looks at where spans are sent.
func (c *checker) checkTracing() {
	t := c.file.Tracing
	if t.Protocol != protocolGRPC && t.Protocol != protocolHTTP {
		c.wrong("tracing.protocol", "wants grpc or http, not %q", shorten(t.Protocol))
	}
	if t.SampleRatio < 0 || t.SampleRatio > 1 {
		c.wrong("tracing.sample_ratio", "wants a number from 0 to 1: 0.01 is one callback in a hundred")
	}
	if t.Insecure && t.CA != "" {
		c.wrong("tracing.ca", "is for TLS, which insecure switches off: leave one of the two out")
	}
	c.checkHeaders(t.Headers)
	if t.Endpoint != "" {
		c.checkCollector(t)
	}
}

// checkHeaders looks at what is sent along.
func (c *checker) checkHeaders(headers map[string]Secret) {
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		key := "tracing.headers." + name
		switch value := headers[name].Reveal(); {
		case !headerName.MatchString(name) || strings.HasPrefix(strings.ToLower(name), "grpc-"):
			c.wrong(key, "wants the name of a header, such as x-api-key")
		case value == "" || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }):
			c.wrong(key, "wants a value of printable ASCII")
		}
	}
}

// checkCollector looks at the collector's address, which is never a URL: whether it has
// TLS stands in insecure, where nobody can overlook it.
func (c *checker) checkCollector(t Tracing) {
	const key = "tracing.endpoint"
	if scheme, _, is := strings.Cut(t.Endpoint, "://"); is {
		c.wrong(key, `wants host:port without %q, such as "127.0.0.1:4317"; insecure: true is for http://`, shorten(scheme)+"://")
		return
	}
	address, path, hasPath := strings.Cut(t.Endpoint, "/")
	if hasPath && t.Protocol == protocolGRPC {
		c.wrong(key, "has a path, which gRPC does not know: take it away, or say protocol: http")
		return
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil || host == "" || port == "" || port == "0" || strings.ContainsAny(path, "?# ") {
		c.wrong(key, `wants host:port, such as "127.0.0.1:4317", with a path for http alone`)
		return
	}
	if c.checkAddress(key, address) != "" && t.Insecure && !loopback(host) {
		c.suspect("tracing.insecure", "sends spans, and the headers with their secrets, to %s in clear text", host)
	}
}
