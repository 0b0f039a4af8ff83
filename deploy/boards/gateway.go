package boards

func runtime() []panel {
	of := func(metric string) query { return q("{{instance}}", `max by (instance) (`+metric+`{@})`) }
	return []panel{
		graph("CPU", "Cores that the gateway uses.",
			cores, q("{{instance}}", `sum by (instance) (rate(process_cpu_seconds_total{@}[$__rate_interval]))`)).size(6, 7),
		graph("Memory", "Resident memory of the process, and what Go's heap takes of it.",
			bytesIEC,
			q("{{instance}} resident", `max by (instance) (process_resident_memory_bytes{@})`),
			q("{{instance}} heap", `max by (instance) (go_memstats_heap_inuse_bytes{@})`)).size(6, 7),
		graph("Allocations", "Bytes a second that the gateway allocates; each costs a collection later.",
			"Bps", q("{{instance}}", `sum by (instance) (rate(go_memstats_alloc_bytes_total{@}[$__rate_interval]))`)).size(6, 7),
		graph("Longest pause", "Of Go's garbage collector.",
			seconds, q("{{instance}}", `max by (instance) (go_gc_duration_seconds{@,quantile=~"1|1.0"})`)).size(6, 7),
		graph("Goroutines", "A line that only rises is a leak.", count, of("go_goroutines")).size(6, 7),
		graph("Threads", "Of the operating system.", count, of("go_threads")).size(6, 7),
		graph("Open files", "Of those that the process may have.",
			share, q("{{instance}}", `max by (instance) (process_open_fds{@} / process_max_fds{@})`)).part().size(6, 7),
		graph("Scrapes", "Time that Prometheus waits for /metrics.",
			seconds, of("scrape_duration_seconds")).size(6, 7),
	}
}

func gateway() []panel {
	return []panel{
		rows("What serves", "The program of each instance.",
			col("running for", seconds, `max by (instance, version, revision, goversion) (switchhook_build_info{@}) * on (instance) group_left () (time() - max by (instance) (process_start_time_seconds{@}))`)).
			by("instance", "version", "revision", "goversion").size(12, 7),
		single("Last reload", "Whether the latest reload of the configuration took.",
			count, `min(switchhook_config_last_reload_successful{@})`).whole().size(6, 7).
			colored("red", from(1, "green")).named(word("failed", "red"), word("ok", "green")),
		single("Configuration since", "How long ago the configuration in force was loaded, at the instance where it is oldest.",
			seconds, `max(time() - switchhook_config_last_reload_success_timestamp_seconds{@})`).size(6, 7),
		graph("Reloads", "Of the configuration, by result.",
			count, q("{{result}}", `sum by (result) (increase(switchhook_config_reloads_total{@}[$__rate_interval]))`)).bar().size(6, 7),
		graph("Log lines", "Of the gateway, by level, and those left out because too many alike came at once.",
			events,
			q("{{level}}", `sum by (level) (rate(switchhook_log_messages_total{@}[$__rate_interval]))`),
			q("suppressed", `sum(rate(switchhook_log_suppressed_total{@}[$__rate_interval]))`)).size(6, 7),
		graph("Spans", "Of traces: sent out, and lost. Both stay 0 where tracing is off.",
			events,
			q("exported", `sum(rate(switchhook_trace_spans_exported_total{@}[$__rate_interval]))`),
			q("dropped", `sum(rate(switchhook_trace_spans_dropped_total{@}[$__rate_interval]))`)).size(6, 7),
		rows("Brakes in force", "Switches that an operator has thrown.",
			col("in force", count, `max by (brake, target) (switchhook_brake_in_force{@})`)).by("brake", "target").size(6, 7).orElse("none"),
	}
}
