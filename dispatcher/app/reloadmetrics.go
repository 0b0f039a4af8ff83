package app

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// reloadMetrics counts what became of the configurations and plugin files that were
// there to be taken over, by whatever way.
type reloadMetrics struct {
	ok, failed prometheus.Counter
	successful prometheus.Gauge
	at         prometheus.Gauge
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
	m.succeed(started)
	return m, nil
}

// count counts a reload that ended with err.
func (m *reloadMetrics) count(err error) {
	if err != nil {
		m.failed.Inc()
		m.successful.Set(0)
		return
	}
	m.ok.Inc()
	m.succeed(time.Now())
}

func (m *reloadMetrics) succeed(at time.Time) {
	m.successful.Set(1)
	m.at.Set(float64(at.UnixMilli()) / float64(time.Second/time.Millisecond))
}
