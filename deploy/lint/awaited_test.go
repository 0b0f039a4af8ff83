package lint_test

import "github.com/switchhook/switchhook/deploy/lint"

// awaited are series that the gateway is about to have and docs/metrics.md does
// not list yet. A name that is listed there is taken from there; when all are,
// this table is empty.
func awaited() map[string]lint.Series {
	counter, gauge := of("counter"), of("gauge")
	return map[string]lint.Series{
		"switchhook_route_info":                                   gauge("command", "plugin", "mode"),
		"switchhook_delivery_duration_seconds":                    of("histogram")("plugin"),
		"switchhook_callbacks_in_flight_limit":                    gauge("command"),
		"switchhook_app_callbacks_in_flight":                      gauge("app"),
		"switchhook_app_callbacks_in_flight_limit":                gauge("app"),
		"switchhook_request_clock_skew_seconds":                   gauge(),
		"switchhook_ready":                                        gauge(),
		"switchhook_degraded_reasons":                             gauge("reason"),
		"switchhook_config_reloads_total":                         counter("result"),
		"switchhook_config_last_reload_successful":                gauge(),
		"switchhook_config_last_reload_success_timestamp_seconds": gauge(),
		"switchhook_log_messages_total":                           counter("level"),
		"switchhook_log_suppressed_total":                         counter(),
		"switchhook_plugin_calls_in_flight":                       gauge("plugin"),
		"switchhook_plugin_calls_in_flight_limit":                 gauge("plugin"),
		"switchhook_plugin_process_cpu_seconds_total":             counter("plugin", "replica"),
		"switchhook_plugin_process_resident_memory_bytes":         gauge("plugin", "replica"),
		"switchhook_plugin_process_open_fds":                      gauge("plugin", "replica"),
		"switchhook_plugin_process_max_fds":                       gauge("plugin", "replica"),
		"switchhook_plugin_process_threads":                       gauge("plugin", "replica"),
		"switchhook_plugin_collects_total":                        counter("plugin", "result"),
		"switchhook_plugin_collect_duration_seconds":              gauge("plugin"),
		"switchhook_plugin_collect_age_seconds":                   gauge("plugin"),
		"switchhook_plugin_collect_series":                        gauge("plugin"),
		"switchhook_plugin_collect_dropped_total":                 counter("plugin", "reason"),
		"switchhook_trace_spans_exported_total":                   counter(),
		"switchhook_trace_spans_dropped_total":                    counter(),
	}
}

func of(kind string) func(labels ...string) lint.Series {
	return func(labels ...string) lint.Series {
		s := lint.Series{Type: kind, Labels: map[string][]string{}}
		for _, label := range labels {
			s.Labels[label] = nil
		}
		return s
	}
}
