package boards

func pluginSummary() []panel {
	return []panel{
		timeline("Up", "Red while no process of the plugin takes callbacks.",
			q("{{plugin}}", `min by (plugin) (switchhook_plugin_up{@})`)).named(word("down", "red"), word("up", "green")),
		rows("What serves", "Version, age and restarts of each plugin; restarts are ends of processes in the range shown, of any reason but clean.",
			col("up", count, byProgram(`min by (plugin) (switchhook_plugin_up{@})`)),
			col("serving for", seconds, byProgram(`time() - max by (plugin) (switchhook_plugin_start_time_seconds{@})`)),
			col("restarts", count, byProgram(`sum by (plugin) (increase(switchhook_plugin_exits_total{@,reason!="clean"}[$__range]))`)),
			col("memory", bytesIEC, byProgram(`sum by (plugin) (switchhook_plugin_process_resident_memory_bytes{@})`)),
		).by("plugin", "version").sorted("restarts").size(12, 7).opens("plugin", "The plugin in detail", pluginsUID, "plugin"),
		graph("Ends of processes", "By reason; a crash loop shows as bars that come again and again.",
			count, q("{{plugin}} {{reason}}", `sum by (plugin, reason) (increase(switchhook_plugin_exits_total{@}[$__rate_interval])) > 0`)).
			bar().size(6, 7).orElse("none"),
		graph("p99 of attempts", "Time of one attempt at the plugin, from the call to its answer. The rest of a callback's time is the gateway's.",
			seconds, q("{{plugin}}", quantile("0.99", "plugin, ", "switchhook_delivery_duration_seconds", ""))).size(6, 7).exemplars().limit(2).decades(),
		graph("Concurrency in use", "Of the calls that a plugin's processes may have at once. At 100 % callbacks are overloaded.",
			share, q("{{plugin}}", `sum by (plugin) (switchhook_plugin_calls_in_flight{@}) / (sum by (plugin) (switchhook_plugin_calls_in_flight_limit{@}) > 0)`)).
			part().size(6, 7).orElse("no limits"),
		graph("CPU", "Cores that a plugin's processes use.",
			cores, q("{{plugin}}", `sum by (plugin) (rate(switchhook_plugin_process_cpu_seconds_total{@}[$__rate_interval]))`)).size(6, 7),
	}
}

func inbox() []panel {
	return []panel{
		graph("Depth", "Copies of events that wait: for their turn or their plugin (ready), for another attempt (retry), for somebody (dead).",
			count, q("{{state}}", `sum by (state) (`+once("switchhook_inbox_messages", "")+`)`)).size(6, 7),
		graph("Oldest age", "How long ago the oldest copy that waits was received. The depth may be small and the age large.",
			seconds, q("{{state}}", `max by (state) (switchhook_inbox_oldest_message_age_seconds{@})`)).limit(300).size(6, 7),
		graph("In against out", "Copies a second that began to wait, and that ended: done, dead or merged. In above out for long means falling behind.",
			events,
			q("in", `sum(rate(switchhook_inbox_enqueued_total{@}[$__rate_interval]))`),
			q("{{result}}", `sum by (result) (rate(switchhook_inbox_completed_total{@}[$__rate_interval]))`)).size(6, 7),
		graph("Retries and lost appends", "Failed deliveries that are tried again, and events that could not be kept, which Tencent does not send again.",
			events,
			q("retries", `sum(rate(switchhook_inbox_retries_total{@}[$__rate_interval]))`),
			q("append errors", `sum(rate(switchhook_inbox_append_errors_total{@}[$__rate_interval]))`)).size(6, 7),
		graph("Size against capacity", "What the inbox takes, and inbox.max_bytes; without a line there is no bound.",
			bytesIEC,
			q("size {{instance}}", `max by (instance) (switchhook_inbox_size_bytes{@})`),
			q("capacity {{instance}}", `max by (instance) (switchhook_inbox_capacity_bytes{@}) > 0`)).size(6, 7),
		graph("Disk free", "What the file system of the inbox has left.",
			bytesIEC, q("{{instance}}", `min by (instance) (switchhook_inbox_disk_free_bytes{@})`)).size(6, 7),
		graph("Wait before the first delivery", "From the arrival of an event to the beginning of its first delivery.",
			seconds,
			q("p99", quantile("0.99", "", "switchhook_inbox_wait_seconds", "")),
			q("p50", quantile("0.5", "", "switchhook_inbox_wait_seconds", ""))).size(6, 7).orElse("no events"),
		graph("Commits", "What a commit took, its wait for the disk included. An event's answer waits for it.",
			seconds,
			q("p99", quantile("0.99", "", "switchhook_inbox_commit_duration_seconds", "")),
			q("p50", quantile("0.5", "", "switchhook_inbox_commit_duration_seconds", ""))).size(6, 7).orElse("no events"),
		single("Inbox state", "1 while events are accepted.",
			count, `min(switchhook_inbox_state{@,state="ok"})`).whole().colored("red", from(1, "green")).
			named(word("refusing", "red"), word("ok", "green")).orElse("no inbox"),
		single("Deliveries under way", "Of stored events, now.", count, `sum(switchhook_inbox_in_flight{@})`).whole().orElse("no inbox"),
		single("Events in a commit", "Median number of changes that one commit writes, in the range shown: more under load, so that the disk keeps up.",
			count, `histogram_quantile(0.5, sum by (le) (increase(switchhook_inbox_commit_batch_size_bucket{@}[$__range])))`).orElse("no events"),
		single("Recovered at the start", "Copies that waited already when the gateway started; of gateways that share an inbox, those of the one that had most.",
			count, `sum(`+once("switchhook_inbox_recovered_messages", "")+`)`).whole().orElse("no inbox"),
		single("Lost commits", "Commits found missing after an unclean stop: accepted events that are lost.",
			count, `sum(switchhook_inbox_lost_commits{@})`).whole().colored("green", from(1, "red")).orElse("no inbox"),
		single("Duplicates", "Events accepted a second time and not delivered again, in the range shown.",
			count, `sum(increase(switchhook_callbacks_duplicate_total{@}[$__range]))`).whole(),
	}
}

func saturation() []panel {
	return []panel{
		graph("Callbacks in flight", "Being answered right now, the ten commands with most. A plugin that hangs shows here first.",
			count, q("{{command}}", `topk(10, sum by (command) (switchhook_callbacks_in_flight{@})) > 0`)).orElse("none"),
		graph("In flight against max_in_flight", "Of the ten commands that are nearest to their limit.",
			share, q("{{command}}", `topk(10, max by (command) (switchhook_callbacks_in_flight{@} / (switchhook_callbacks_in_flight_limit{@} > 0)))`)).
			part().orElse("no limits"),
		graph("Connections", "Open connections of the public listener. Tencent keeps them open.",
			count, q("{{state}}", `sum by (state) (switchhook_http_connections{@})`)).stack(),
		graph("Memory of bodies", "Set aside for bodies that are being read or answered.",
			bytesIEC, q("{{instance}}", `sum by (instance) (switchhook_http_body_in_flight_bytes{@})`)).size(6, 7),
		graph("Requests in flight", "On the public listener, those that are no callbacks too.",
			count, q("{{instance}}", `sum by (instance) (switchhook_http_requests_in_flight{@})`)).size(6, 7),
		graph("CPU", "Cores that the gateway uses, its plugins left out.",
			cores, q("{{instance}}", `sum by (instance) (rate(process_cpu_seconds_total{@}[$__rate_interval]))`)).size(6, 7),
		graph("Memory", "Resident memory of the gateway, its plugins left out.",
			bytesIEC, q("{{instance}}", `max by (instance) (process_resident_memory_bytes{@})`)).size(6, 7),
		graph("Open files", "Of those that the process may have.",
			share, q("{{instance}}", `max by (instance) (process_open_fds{@} / process_max_fds{@})`)).part(),
		graph("Goroutines", "Of the gateway. A line that only rises is a leak.",
			count, q("{{instance}}", `max by (instance) (go_goroutines{@})`)),
		graph("Plugins' waits", "Callbacks that found no process of their plugin: served after all, given up, or without room to wait.",
			events, q("{{plugin}} {{outcome}}", `sum by (plugin, outcome) (rate(switchhook_plugin_waits_total{@}[$__rate_interval])) > 0`)).bar().orElse("none"),
	}
}
