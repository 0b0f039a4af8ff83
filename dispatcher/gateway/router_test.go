package gateway_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/gateway"
)

func TestRoutes(t *testing.T) {
	t.Parallel()
	const signedProbe = "?Sign=" + docSign + "&RequestTime=" + docTime
	for name, tc := range map[string]struct {
		method, target string
		status         int
		allow, reason  string
	}{
		"the callback path":                    {http.MethodPost, "/im?" + signedQuery(afterCommand), 200, "", ""},
		"the callback path, encoded":           {http.MethodPost, "/%69m?" + signedQuery(afterCommand), 200, "", ""},
		"the callback path by GET":             {http.MethodGet, "/im?" + signedQuery(afterCommand), 405, "POST", "bad_method"},
		"the callback path by GET, no query":   {http.MethodGet, "/im", 405, "POST", "bad_method"},
		"the callback path by PUT":             {http.MethodPut, "/im?" + signedQuery(afterCommand), 405, "POST", "bad_method"},
		"an invented method":                   {"BREW", "/im", 405, "POST", "bad_method"},
		"a GET probe with a Sign of nobody's":  {http.MethodGet, "/im?RequestTime=" + docTime + "&Sign=" + signOf("x", docTime), 405, "POST", "bad_method"},
		"a GET with a query nobody can read":   {http.MethodGet, "/im?%zz", 405, "POST", "bad_method"},
		"the health path":                      {http.MethodGet, "/health", 200, "", ""},
		"the health path by HEAD":              {http.MethodHead, "/health", 200, "", ""},
		"the health path by POST":              {http.MethodPost, "/health", 405, "GET, HEAD", "bad_method"},
		"the health path by POST with a probe": {http.MethodPost, "/health" + signedProbe, 405, "GET, HEAD", "bad_method"},
		"another path":                         {http.MethodPost, "/?" + signedQuery(afterCommand), 404, "", "not_found"},
		"another path with a probe":            {http.MethodPost, "/" + signedProbe, 404, "", "not_found"},
		"a longer path":                        {http.MethodPost, "/im/?" + signedQuery(afterCommand), 404, "", "not_found"},
		"a path to be cleaned is no redirect":  {http.MethodPost, "//im?" + signedQuery(afterCommand), 404, "", "not_found"},
		"metrics are not here":                 {http.MethodGet, "/metrics", 404, "", "not_found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, func(o *gateway.Options) { o.CallbackPath, o.HealthPath = "/im", "/health" })
			got := r.send(tc.method, tc.target, strings.NewReader(afterBody), nil)
			if got.status != tc.status {
				t.Errorf("answered %d, want %d", got.status, tc.status)
			}
			if got.header.Get("Allow") != tc.allow {
				t.Errorf("Allow is %q, want %q", got.header.Get("Allow"), tc.allow)
			}
			if got.header.Get("Content-Type") != "application/json" {
				t.Errorf("Content-Type is %q", got.header.Get("Content-Type"))
			}
			if tc.reason != "" {
				r.wants(1, "switchhook_requests_rejected_total", "reason="+tc.reason)
			}
		})
	}
}

func TestRoutesDoNotRememberEachOther(t *testing.T) {
	t.Parallel()
	r := start(t, func(o *gateway.Options) { o.HealthPath = "/health" })
	for range 3 {
		for _, tc := range []struct {
			method, target string
			status         int
		}{
			{http.MethodPost, "/nowhere", 404},
			{http.MethodPost, "/?" + signedQuery(afterCommand), 200},
			{http.MethodGet, "/", 405},
			{http.MethodGet, "/health", 200},
			{http.MethodPost, "/", 403},
		} {
			if got := r.send(tc.method, tc.target, strings.NewReader(afterBody), nil); got.status != tc.status {
				t.Errorf("%s %s: answered %d, want %d", tc.method, tc.target, got.status, tc.status)
			}
		}
	}
}

func TestHealthFollowsReadiness(t *testing.T) {
	t.Parallel()
	var ready atomic.Bool
	r := start(t, func(o *gateway.Options) { o.HealthPath, o.Ready = "/up", ready.Load })
	if got := r.send(http.MethodGet, "/up", nil, nil); got.status != http.StatusServiceUnavailable || got.body != "{\"status\":\"not ready\"}\n" {
		t.Errorf("before: %d %s", got.status, got.body)
	}
	ready.Store(true)
	if got := r.send(http.MethodGet, "/up", nil, nil); got.status != http.StatusOK || got.body != "{\"status\":\"ready\"}\n" {
		t.Errorf("after: %d %s", got.status, got.body)
	}
}

func TestNoHealthPathUnlessAskedFor(t *testing.T) {
	t.Parallel()
	r := start(t, nil)
	if got := r.send(http.MethodGet, "/health", nil, nil); got.status != http.StatusNotFound {
		t.Errorf("answered %d", got.status)
	}
}

func TestOptionsThatCannotBe(t *testing.T) {
	t.Parallel()
	_, err := gateway.New(gateway.Options{
		CallbackPath: "im", HealthPath: "up", MaxBody: 9 << 20, SignWindow: -1, BodyTimeout: -1,
		MaxConnections: -1, MaxInFlightBytes: 1, TLS: gateway.TLS{CertFile: "c.pem"},
	})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, field := range []string{
		"Dispatch", "CallbackPath", "HealthPath", "MaxBody", "SignWindow", "BodyTimeout", "MaxConnections", "MaxInFlightBytes", "TLS",
	} {
		if !strings.Contains(err.Error(), "option "+field+":") {
			t.Errorf("%s is not named in: %v", field, err)
		}
	}
}

func TestEverySeriesExistsFromTheStart(t *testing.T) {
	t.Parallel()
	r := start(t, nil)
	for series, labels := range map[string][]string{
		"switchhook_http_requests_total":                      {"code=403", "method=POST"},
		"switchhook_http_requests_in_flight":                  nil,
		"switchhook_http_connections":                         {"state=idle"},
		"switchhook_auth_failures_total":                      {"reason=bad_signature"},
		"switchhook_requests_rejected_total":                  {"reason=body_too_large"},
		"switchhook_console_probes_total":                     nil,
		"switchhook_command_mismatches_total":                 nil,
		"switchhook_tls_certificate_expiry_timestamp_seconds": nil,
		"switchhook_http_body_in_flight_bytes":                nil,
	} {
		r.wants(0, series, labels...)
	}
}
