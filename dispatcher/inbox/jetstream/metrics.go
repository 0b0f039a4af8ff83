package jetstream

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics are the series of a shared inbox, beside those of any inbox: how its cluster is
// as this gateway sees it. Whoever sums up what gateways say of their inboxes tells by
// switchhook_inbox_cluster_connected which of them have one in common.
type Metrics struct {
	registerer prometheus.Registerer
	read       func() Reading
	snapshots  *prometheus.CounterVec

	connected, reconnects, behind, lag, bytes, capacity, unsaved *prometheus.Desc
}

// Reading is what one scrape shows. To read it must cost no question to the cluster:
// scrapes go on while that is away.
type Reading struct {
	// Connected says that some server of the cluster has us and that the cluster answers,
	// which it does not without a majority; Reconnects counts how often a server was found
	// again.
	Connected  bool
	Reconnects uint64
	// Behind is how many entries of the log the view has not applied, Lag for how long it
	// has had some to apply.
	Behind uint64
	Lag    time.Duration
	// LogBytes and LogMaxBytes are the log's size and its bound; the size is shown while
	// the cluster is connected alone, since others may have cut the log meanwhile.
	LogBytes, LogMaxBytes int64
	// Unsaved is how many entries of the log came after the latest snapshot.
	Unsaved uint64
}

// NewMetrics registers the series, which end with [Metrics.Unregister]. Read is called at
// each scrape, from any goroutine.
func NewMetrics(r prometheus.Registerer, read func() Reading) (*Metrics, error) {
	desc := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("switchhook_inbox_cluster_"+name, help, nil, nil)
	}
	m := &Metrics{
		registerer: r, read: read,
		snapshots: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "switchhook_inbox_cluster_snapshots_total",
			Help: "Snapshots of the shared inbox that this gateway tried to save, by result.",
		}, []string{"result"}),
		connected:  desc("connected", "1 while this gateway has a connection to the cluster that keeps the shared inbox, and is answered."),
		reconnects: desc("reconnects_total", "Times that a lost connection to the cluster was found again."),
		behind:     desc("log_entries_behind", "Entries of the shared inbox's log that this gateway has not applied yet, as far as it knows."),
		lag:        desc("log_lag_seconds", "For how long this gateway has had entries of the log to apply; 0 where it has applied all that it knows of."),
		bytes:      desc("log_bytes", "What the log of the shared inbox takes of its capacity in the cluster; not there while the cluster does not answer."),
		capacity:   desc("log_max_bytes", "The size beyond which the cluster takes no more entries."),
		unsaved:    desc("snapshot_entries_behind", "Entries of the log that came after the latest snapshot, as far as this gateway knows: what a new gateway has to apply."),
	}
	for _, result := range []string{"saved", "failed"} {
		m.snapshots.WithLabelValues(result)
	}
	for i, c := range m.collectors() {
		if err := r.Register(c); err != nil {
			for _, done := range m.collectors()[:i] {
				r.Unregister(done)
			}
			return nil, err //nolint:wrapcheck // Open names what was being done
		}
	}
	return m, nil
}

func (m *Metrics) collectors() []prometheus.Collector { return []prometheus.Collector{m, m.snapshots} }

// reading is the store as its metrics show it.
func (s *Store) reading() Reading {
	now := s.Status()
	_, silent := s.silence.now()
	return Reading{
		Connected: now.Connected && silent == nil, Reconnects: now.Reconnects, Behind: now.Last - min(now.Mark, now.Last), Lag: now.Lag,
		LogBytes: now.LogBytes, LogMaxBytes: now.LogMaxBytes, Unsaved: now.Last - min(now.SnapshotMark, now.Last),
	}
}

// Saved counts a snapshot by what became of it; of no metrics it counts nothing.
func (m *Metrics) Saved(err error) {
	switch {
	case m == nil:
		return
	case err != nil:
		m.snapshots.WithLabelValues("failed").Inc()
	default:
		m.snapshots.WithLabelValues("saved").Inc()
	}
}

// Describe implements [prometheus.Collector].
func (m *Metrics) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.connected, m.reconnects, m.behind, m.lag, m.bytes, m.capacity, m.unsaved} {
		out <- d
	}
}

// Collect implements [prometheus.Collector].
func (m *Metrics) Collect(out chan<- prometheus.Metric) {
	r := m.read()
	put := func(d *prometheus.Desc, kind prometheus.ValueType, value float64) {
		out <- prometheus.MustNewConstMetric(d, kind, value)
	}
	connected := 0.0
	if r.Connected {
		connected = 1
		put(m.bytes, prometheus.GaugeValue, float64(r.LogBytes))
	}
	put(m.connected, prometheus.GaugeValue, connected)
	put(m.reconnects, prometheus.CounterValue, float64(r.Reconnects))
	put(m.behind, prometheus.GaugeValue, float64(r.Behind))
	put(m.lag, prometheus.GaugeValue, r.Lag.Seconds())
	put(m.capacity, prometheus.GaugeValue, float64(r.LogMaxBytes))
	put(m.unsaved, prometheus.GaugeValue, float64(r.Unsaved))
}

// Unregister takes the series away.
func (m *Metrics) Unregister() {
	for _, c := range m.collectors() {
		m.registerer.Unregister(c)
	}
}
