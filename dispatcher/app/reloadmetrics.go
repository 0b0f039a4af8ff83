package app

import (
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// reloadMetrics counts what became of the configurations and plugin files that were
// there to be taken over, by whatever way.
type reloadMetrics struct {
	ok, failed prometheus.Counter
	successful prometheus.Gauge
	at         prometheus.Gauge

	mu      sync.Mutex
	stale   bool // the configuration was to be another
	refused bool // so was a plugin's file
}

// newReloadMetrics counts the start as a success that is no reload.
func newReloadMetrics(reg prometheus.Registerer, started time.Time) (*reloadMetrics, error) {
	reloads := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "switchhook_config_reloads_total",
		Help: "Reloads of the configuration by signal or command, and of changed plugin files; one that failed has left in force what was.",
	}, []string{"result"})
	m := &reloadMetrics{
		ok: reloads.WithLabelValues("ok"), failed: reloads.WithLabelValues("failed"),
		successful: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "switchhook_config_last_reload_successful",
			Help: "1 where the last reload succeeded, or there was none; 0 while what is in force is older than what was to be.",
		}),
		at: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "switchhook_config_last_reload_success_timestamp_seconds",
			Help: "When a configuration was last taken over, in Unix time; at first the start.",
		}),
	}
	for _, c := range []prometheus.Collector{reloads, m.successful, m.at} {
		if err := reg.Register(c); err != nil {
			return nil, fmt.Errorf("register the reloads' metrics: %w", err)
		}
	}
	m.tell()
	m.succeed(started)
	return m, nil
}

// reloaded counts a reload of the configuration that ended with err. It looks at the
// plugins' files, too.
func (m *reloadMetrics) reloaded(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stale = err != nil
	if err == nil {
		m.refused = false
		m.succeed(time.Now())
	}
	m.count(err)
}

// tookUp counts a look at changed plugin files that ended with err, unless they were
// found to be what is in force. It says nothing of the configuration.
func (m *reloadMetrics) tookUp(err error, touched bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refused = err != nil
	if err != nil || touched {
		m.count(err)
		return
	}
	m.tell()
}

// count counts one that ended with err; mu is held.
func (m *reloadMetrics) count(err error) {
	m.tell()
	if err != nil {
		m.failed.Inc()
		return
	}
	m.ok.Inc()
}

// tell says whether all is in force that was to be; mu is held.
func (m *reloadMetrics) tell() {
	m.successful.Set(1)
	if m.stale || m.refused {
		m.successful.Set(0)
	}
}

func (m *reloadMetrics) succeed(at time.Time) {
	m.at.Set(float64(at.UnixMilli()) / float64(time.Second/time.Millisecond))
}
