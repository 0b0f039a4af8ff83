package pluginhost

import (
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/switchhook/switchhook/dispatcher/pluginhost/pool"
	"github.com/switchhook/switchhook/sdk/wire"
)

// startReason is the closed set of reasons for a start: the label of
// switchhook_plugin_starts_total.
type startReason string

const (
	startBoot   startReason = "boot"
	startCrash  startReason = "crash"
	startReload startReason = "reload"
)

// maxInfoLabel bounds the version that a plugin may put into a label.
const maxInfoLabel = 64

// metrics is what the host counts. Every label but the version and hash of
// switchhook_plugin_info, of which each plugin has one at a time, comes from a
// closed set or from the validated names of the plugins.
type metrics struct {
	up        *prometheus.GaugeVec
	info      *prometheus.GaugeVec
	startTime *prometheus.GaugeVec
	starts    *prometheus.CounterVec
	exits     *prometheus.CounterVec
	logs      *prometheus.CounterVec
	ejections *prometheus.CounterVec
	strays    *prometheus.CounterVec
	replicas  *prometheus.GaugeVec
	pools     *pool.Metrics
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, append([]string{"plugin"}, labels...))
	}
	counter := func(name, help, label string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{"plugin", label})
	}
	m := &metrics{
		up: gauge("switchhook_plugin_up", "Whether a process of the plugin answers callbacks."),
		info: gauge("switchhook_plugin_info", "The build that answers callbacks; the value is always 1.",
			"version", "sha256", "protocol"),
		startTime: gauge("switchhook_plugin_start_time_seconds", "When the process that answers callbacks became ready, "+
			"as a Unix time; 0 before the first."),
		starts: counter("switchhook_plugin_starts_total", "Starts of a plugin's process that were tried.", "reason"),
		exits:  counter("switchhook_plugin_exits_total", "Ends of a plugin's process, failed starts among them.", "reason"),
		logs:   counter("switchhook_plugin_log_messages_total", "Lines that a plugin printed.", "level"),
		ejections: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "switchhook_plugin_ejections_total",
			Help: "Times that a process of the plugin was kept from callbacks because it gave no sign of life.",
		}, []string{"plugin"}),
		strays: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "switchhook_plugin_stray_answers_total",
			Help: "Answers of the plugin to calls that it has answered before or never got, as of the last health check.",
		}, []string{"plugin"}),
		replicas: gauge("switchhook_plugin_replicas", "Processes of the plugin, by their state.", "state"),
		pools:    pool.NewMetrics(),
	}
	if reg == nil {
		return m, nil
	}
	for _, c := range append(m.pools.Collectors(), m.up, m.info, m.startTime, m.starts, m.exits, m.logs, m.ejections, m.strays, m.replicas) {
		if err := reg.Register(c); err != nil {
			return nil, fmt.Errorf("register plugin metrics: %w", err)
		}
	}
	return m, nil
}

// add makes the plugin's series, at zero where nothing has happened yet: a
// counter that is born at one never shows an increase.
func (m *metrics) add(plugin string) {
	m.up.WithLabelValues(plugin)
	m.startTime.WithLabelValues(plugin)
	for _, r := range []startReason{startBoot, startCrash, startReload} {
		m.starts.WithLabelValues(plugin, string(r))
	}
	for _, r := range []exitReason{
		exitClean, exitError, exitPanic, exitSignal, exitOOM, exitLimit, exitKilled, exitWedged, exitHandshake, exitChecksum, exitStart,
	} {
		m.exits.WithLabelValues(plugin, string(r))
	}
	for _, l := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
		m.logs.WithLabelValues(plugin, levelLabel(l))
	}
	m.ejections.WithLabelValues(plugin)
	m.strays.WithLabelValues(plugin)
	m.pools.Add(plugin)
}

// remove takes the plugin's series away.
func (m *metrics) remove(plugin string) {
	labels := prometheus.Labels{"plugin": plugin}
	for _, v := range []*prometheus.MetricVec{
		m.up.MetricVec, m.info.MetricVec, m.startTime.MetricVec,
		m.starts.MetricVec, m.exits.MetricVec, m.logs.MetricVec, m.ejections.MetricVec, m.strays.MetricVec, m.replicas.MetricVec,
	} {
		v.DeletePartialMatch(labels)
	}
	m.pools.Remove(plugin)
}

func (m *metrics) start(plugin string, reason startReason) {
	m.starts.WithLabelValues(plugin, string(reason)).Inc()
}

func (m *metrics) exit(plugin string, reason exitReason) {
	m.exits.WithLabelValues(plugin, string(reason)).Inc()
}

// live says which build answers from now on.
func (m *metrics) live(plugin, version, sha256 string, since time.Time) {
	m.info.DeletePartialMatch(prometheus.Labels{"plugin": plugin})
	m.info.WithLabelValues(plugin, clip(version, maxInfoLabel), short(sha256), strconv.Itoa(wire.ProtocolVersion)).Set(1)
	m.startTime.WithLabelValues(plugin).Set(float64(since.UnixMilli()) / 1000)
}

// states says how many of the plugin's processes are in which state, and whether one
// of them answers callbacks.
func (m *metrics) states(plugin string, replicas []Replica) {
	count, up := make(map[State]int), 0.0
	for _, r := range replicas {
		count[r.State]++
		if r.State == StateReady && r.Ejected == "" {
			up = 1
		}
	}
	for _, s := range States() {
		m.replicas.WithLabelValues(plugin, string(s)).Set(float64(count[s]))
	}
	m.up.WithLabelValues(plugin).Set(up)
}

func (m *metrics) stray(plugin string, n int64) { m.strays.WithLabelValues(plugin).Add(float64(n)) }

func (m *metrics) ejected(plugin string) { m.ejections.WithLabelValues(plugin).Inc() }

// short is enough of a hash to tell two builds apart; an attached plugin has none.
func short(sha256 string) string { return sha256[:min(len(sha256), 12)] }

// printed counts a line; the level is one of four.
func (m *metrics) printed(plugin string) func(slog.Level) {
	return func(l slog.Level) { m.logs.WithLabelValues(plugin, levelLabel(l)).Inc() }
}

func levelLabel(l slog.Level) string {
	switch {
	case l < slog.LevelInfo:
		return "debug"
	case l < slog.LevelWarn:
		return "info"
	case l < slog.LevelError:
		return "warn"
	default:
		return "error"
	}
}
