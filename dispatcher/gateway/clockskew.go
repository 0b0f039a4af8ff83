package gateway

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// clockSkew shows how far the clocks of Tencent and of this machine are apart. Beyond
// the window every request is refused, and Tencent lets everything pass: the token is
// right then, and the clock is not. Only who has a token moves it. It is safe for
// concurrent use.
type clockSkew struct {
	gauge  prometheus.Gauge
	latest atomic.Int64 // RequestTime of the request that it was read from
}

func newClockSkew() *clockSkew {
	return &clockSkew{gauge: prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "switchhook_request_clock_skew_seconds",
		Help: "RequestTime less this machine's clock, in whole seconds, of the latest request whose Sign was right, those refused as stale included; 0 before there was one.",
	})}
}

// read takes RequestTime of a request whose Sign is right for it. A stale one counts
// only if it was signed after the one before: somebody may send a request again that
// he has seen, and has no token for a later one.
func (s *clockSkew) read(signedAt int64, now time.Time, stale bool) {
	if stale && signedAt <= s.latest.Load() {
		return
	}
	s.latest.Store(signedAt)
	s.gauge.Set(float64(signedAt - now.Unix()))
}
