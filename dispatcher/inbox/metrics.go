package inbox

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/switchhook/switchhook/dispatcher/inbox/commit"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// labelOther stands for every command that the catalogue does not list, so that no
// request can mint a series.
const labelOther = "other"

// nativeReset bounds how often a native histogram is begun anew.
const nativeReset = time.Hour

// metrics are the inbox's series. What they count obeys the law in counts.go.
type metrics struct {
	registerer prometheus.Registerer
	collectors []prometheus.Collector

	enqueued     prometheus.Counter
	completed    *prometheus.CounterVec
	retries      prometheus.Counter
	appendErrors prometheus.Counter
	duplicates   *prometheus.CounterVec
	recovered    prometheus.Gauge
	state        *prometheus.GaugeVec
	wait         prometheus.Histogram
	commitTook   prometheus.Histogram
	commitSize   prometheus.Histogram

	done, dead, merged prometheus.Counter
	listed             map[string]prometheus.Counter // duplicates by command
	other              prometheus.Counter
}

func newMetrics(b *Inbox) (*metrics, error) {
	m := &metrics{
		registerer: b.options.Registerer,
		enqueued: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "switchhook_inbox_enqueued_total",
			Help: "Copies that began to wait for their delivery: accepted, made for a new subscription, or made ready again by an operator.",
		}),
		completed: counters("switchhook_inbox_completed_total",
			"Copies that wait no more: handled, dead letters, or merged when a plugin's copies got another name.", "result"),
		retries: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "switchhook_inbox_retries_total",
			Help: "Failed deliveries after which another one is due.",
		}),
		appendErrors: b.options.AppendErrors,
		duplicates: counters("switchhook_callbacks_duplicate_total",
			"Callbacks accepted a second time and not delivered again, since their key proves one occurrence.", "command"),
		recovered: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "switchhook_inbox_recovered_messages",
			Help: "Copies that waited already when the gateway started.",
		}),
		state: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "switchhook_inbox_state",
			Help: "1 for what the inbox is in: ok, full or failing.",
		}, []string{"state"}),
		wait: histogram("switchhook_inbox_wait_seconds", "Time from the arrival of a callback to the beginning of its first delivery to a plugin.",
			.01, .05, .25, 1, 5, 15, 60, 300, 900, 3600),
		commitTook: histogram("switchhook_inbox_commit_duration_seconds", "Time that one commit took, its wait for the disk included.",
			.0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 5),
		commitSize: histogram("switchhook_inbox_commit_batch_size", "Callbacks and results that one commit wrote.",
			1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048),
	}
	m.createLabels()
	m.collectors = []prometheus.Collector{
		m.enqueued, m.completed, m.retries, m.duplicates, m.recovered, m.state, m.wait, m.commitTook,
		m.commitSize, newCollector(b),
	}
	if m.appendErrors == nil {
		m.appendErrors = NewAppendErrors()
		m.collectors = append(m.collectors, m.appendErrors)
	}
	for i, c := range m.collectors {
		if err := m.registerer.Register(c); err != nil {
			m.collectors = m.collectors[:i]
			m.unregister()
			return nil, err //nolint:wrapcheck // Open names what was being done
		}
	}
	return m, nil
}

// NewAppendErrors returns the counter for [Options.AppendErrors].
func NewAppendErrors() prometheus.Counter { //nolint:ireturn // client_golang has no other name for it
	return prometheus.NewCounter(prometheus.CounterOpts{
		Name: "switchhook_inbox_append_errors_total",
		Help: "Callbacks that were not accepted: the inbox was not open, there was no room, the store failed, or the sender had left before the commit.",
	})
}

// createLabels has every series there is begin at 0, so that its first event shows as
// an increase.
func (m *metrics) createLabels() {
	m.done, m.dead = m.completed.WithLabelValues("done"), m.completed.WithLabelValues("dead")
	m.merged = m.completed.WithLabelValues("merged")
	m.setState(commit.OK)
	m.listed = map[string]prometheus.Counter{}
	for _, spec := range imevent.Specs() {
		if spec.Phase == imevent.After {
			m.listed[spec.Command] = m.duplicates.WithLabelValues(spec.Command)
		}
	}
	m.other = m.duplicates.WithLabelValues(labelOther)
}

func (m *metrics) setState(now commit.Kind) {
	for _, k := range []commit.Kind{commit.OK, commit.Full, commit.Failing} {
		value := 0.0
		if k == now {
			value = 1
		}
		m.state.WithLabelValues(k.String()).Set(value)
	}
}

func (m *metrics) duplicate(command string) {
	if c, ok := m.listed[command]; ok {
		c.Inc()
		return
	}
	m.other.Inc()
}

func (m *metrics) observeCommit(took time.Duration, b *store.Batch, err error) {
	m.commitTook.Observe(took.Seconds())
	items := len(b.Appends) + len(b.Results) + len(b.Requeues) + len(b.Drops)
	if err == nil && items > 0 {
		m.commitSize.Observe(float64(items))
	}
}

func (m *metrics) unregister() {
	for _, c := range m.collectors {
		m.registerer.Unregister(c)
	}
}

func counters(name, help, label string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{label})
}

func histogram(name, help string, buckets ...float64) prometheus.Histogram { //nolint:ireturn // client_golang has no other name for it
	return prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: name, Help: help, Buckets: buckets,
		NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 160, NativeHistogramMinResetDuration: nativeReset,
	})
}
