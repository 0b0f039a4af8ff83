package gateway

import (
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are the gateway's series. Every child is made at the start: a failure
// that has never happened stands at 0, and counting one allocates nothing.
type metrics struct {
	requests    map[int]*methodCounters
	inFlight    prometheus.Gauge
	connections [connStates]prometheus.Gauge
	auth        [authFailures]prometheus.Counter
	rejected    [rejections]prometheus.Counter
	probes      prometheus.Counter
	mismatches  prometheus.Counter
	certExpiry  prometheus.Gauge
	skew        *clockSkew
}

// methodCounters count one status, by method.
type methodCounters struct{ post, get, other prometheus.Counter }

func newMetrics(reg prometheus.Registerer, budget *byteBudget, limit int64) (*metrics, error) {
	requests := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "switchhook_http_requests_total",
		Help: "Requests answered on the public listener, by status and method.",
	}, []string{"code", "method"})
	connections := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "switchhook_http_connections",
		Help: "Open connections of the public listener, by state.",
	}, []string{"state"})
	auth := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "switchhook_auth_failures_total",
		Help: "Requests answered 403, by the reason, which the answer does not tell.",
	}, []string{"reason"})
	rejected := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "switchhook_requests_rejected_total",
		Help: "Requests that reached no plugin for another reason than their Sign, by that reason; a before-command among them was answered by policy.",
	}, []string{"reason"})
	m := &metrics{
		requests: make(map[int]*methodCounters),
		skew:     newClockSkew(),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "switchhook_http_requests_in_flight",
			Help: "Requests being answered on the public listener right now.",
		}),
		probes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "switchhook_console_probes_total",
			Help: "Signed requests without app and command, as Tencent's console sends to try a URL.",
		}),
		mismatches: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "switchhook_command_mismatches_total",
			Help: "Callbacks whose body names another command than their URL.",
		}),
		certExpiry: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "switchhook_tls_certificate_expiry_timestamp_seconds",
			Help: "When the certificate in use expires, in Unix time; 0 without TLS.",
		}),
	}
	m.createChildren(requests, connections, auth, rejected)
	held := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "switchhook_http_body_in_flight_bytes",
		Help: "Memory reserved for the bodies of requests being answered.",
	}, func() float64 { return float64(limit - budget.free.Load()) })
	all := []prometheus.Collector{requests, connections, auth, rejected, m.inFlight, m.probes, m.mismatches, m.certExpiry, m.skew.gauge, held}
	for _, c := range all {
		if err := reg.Register(c); err != nil {
			return nil, err //nolint:wrapcheck // New names what was being done
		}
	}
	return m, nil
}

func (m *metrics) createChildren(requests *prometheus.CounterVec, connections *prometheus.GaugeVec, auth, rejected *prometheus.CounterVec) {
	for _, status := range append(refusals(), http.StatusOK) {
		code := strconv.Itoa(status)
		m.requests[status] = &methodCounters{
			post:  requests.WithLabelValues(code, http.MethodPost),
			get:   requests.WithLabelValues(code, http.MethodGet),
			other: requests.WithLabelValues(code, "_other"),
		}
	}
	for s := range connStates {
		m.connections[s] = connections.WithLabelValues(s.String())
	}
	for f := authOK + 1; f < authFailures; f++ {
		m.auth[f] = auth.WithLabelValues(f.String())
	}
	for r := accepted + 1; r < rejections; r++ {
		m.rejected[r] = rejected.WithLabelValues(r.String())
	}
}

// answered counts a finished request.
func (m *metrics) answered(method string, status int) {
	counters := m.requests[status]
	switch method {
	case http.MethodPost:
		counters.post.Inc()
	case http.MethodGet:
		counters.get.Inc()
	default:
		counters.other.Inc()
	}
}
