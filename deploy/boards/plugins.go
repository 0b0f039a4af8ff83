package boards

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// plugins is for whoever wrote a plugin, or looks after the gateway's process.
func plugins() board {
	return board{
		uid: pluginsUID, title: "Switchhook / Plugins and runtime",
		about: "Each plugin's life, work, process and own metrics, and the gateway's own runtime.",
		variables: []cog.Builder[dashboard.VariableModel]{
			everyOne("plugin", "Plugin", `label_values(switchhook_plugin_up{@}, plugin)`),
			one("metric", "Own metric", `label_values({__name__=~"switchhook_handler_.+",__name__!~".+_bucket",@,plugin=~"$plugin"}, __name__)`).
				Regex("/^switchhook_handler_(.+)$/"),
		},
		rows: []row{
			{panels: pluginStatus()},
			{title: "Life", open: true, panels: pluginLife()},
			{title: "Work", panels: pluginWork()},
			{title: "Process", panels: pluginProcess()},
			{title: "Own metrics", panels: pluginMetrics()},
			{title: "Gateway runtime", panels: runtime()},
			{title: "Gateway: configuration, logs and traces", panels: gateway()},
		},
	}
}

const ofPlugin = `@,plugin=~"$plugin"`

func pluginStatus() []panel {
	return []panel{
		single("Plugins up", "Plugins of which a process takes callbacks.", count, `sum(switchhook_plugin_up{`+ofPlugin+`})`).whole().colored("red", from(1, "green")),
		single("Processes ready", "Processes that take callbacks.", count, `sum(switchhook_plugin_replicas{`+ofPlugin+`,state="ready"})`).whole().colored("red", from(1, "green")),
		single("Restarts", "Ends of processes in the range shown, of any reason but clean.",
			count, `sum(increase(switchhook_plugin_exits_total{`+ofPlugin+`,reason!="clean"}[$__range]))`).whole().colored("green", from(.5, "orange"), from(3, "red")),
		single("Drifted", "Plugins that serve another program than their file is, until they are reloaded.",
			count, `sum(switchhook_plugin_drift{`+ofPlugin+`})`).whole().colored("green", from(1, "orange")),
		single("Brakes in force", "Switches that an operator has thrown, of all plugins and routes.",
			count, `sum(switchhook_brake_in_force{@})`).whole().colored("green", from(1, "orange")).orElse("none"),
		single("Memory", "Resident memory of the plugins' processes.", bytesIEC, `sum(switchhook_plugin_process_resident_memory_bytes{`+ofPlugin+`})`),
	}
}

func pluginLife() []panel {
	return []panel{
		timeline("Up", "Red while no process of the plugin takes callbacks.",
			q("{{plugin}}", `min by (plugin) (switchhook_plugin_up{`+ofPlugin+`})`)).named(word("down", "red"), word("up", "green")),
		rows("What serves", "The program of each plugin.",
			col("up", count, `max by (plugin, version, protocol, sha256) (switchhook_plugin_info{`+ofPlugin+`}) * on (plugin) group_left () min by (plugin) (switchhook_plugin_up{`+ofPlugin+`})`),
			col("serving for", seconds, `max by (plugin, version, protocol, sha256) (switchhook_plugin_info{`+ofPlugin+`}) * on (plugin) group_left () (time() - max by (plugin) (switchhook_plugin_start_time_seconds{`+ofPlugin+`}))`),
		).by("plugin", "version", "protocol", "sha256").size(12, 7),
		graph("Processes by state", "A state other than ready for long is a plugin in trouble.",
			count, q("{{plugin}} {{state}}", `sum by (plugin, state) (switchhook_plugin_replicas{`+ofPlugin+`}) > 0`)).stack(),
		graph("Starts", "Starts of processes that were tried, by reason.",
			count, q("{{plugin}} {{reason}}", `sum by (plugin, reason) (increase(switchhook_plugin_starts_total{`+ofPlugin+`}[$__rate_interval])) > 0`)).bar().orElse("none"),
		graph("Ends", "Ends of processes, by reason. checksum_mismatch is a file that somebody changed.",
			count, q("{{plugin}} {{reason}}", `sum by (plugin, reason) (increase(switchhook_plugin_exits_total{`+ofPlugin+`}[$__rate_interval])) > 0`)).bar().orElse("none"),
	}
}

func pluginWork() []panel {
	return []panel{
		graph("Attempts", "Attempts at the plugin, by outcome.",
			events, q("{{plugin}} {{outcome}}", `sum by (plugin, outcome) (rate(switchhook_deliveries_total{`+ofPlugin+`}[$__rate_interval])) > 0`)).stack().orElse("none"),
		graph("Time of attempts", "From the call to the plugin's answer.",
			seconds,
			q("{{plugin}} p99", quantile("0.99", "plugin, ", "switchhook_delivery_duration_seconds", `,plugin=~"$plugin"`)),
			q("{{plugin}} p50", quantile("0.5", "plugin, ", "switchhook_delivery_duration_seconds", `,plugin=~"$plugin"`))).limit(2).decades().exemplars(),
		graph("Calls in flight", "Calls that the plugin's processes have now, and how many they may have.",
			count,
			q("{{plugin}}", `sum by (plugin) (switchhook_plugin_calls_in_flight{`+ofPlugin+`})`),
			q("{{plugin}} limit", `sum by (plugin) (switchhook_plugin_calls_in_flight_limit{`+ofPlugin+`}) > 0`)),
		graph("Waits for a process", "Callbacks that found no process and waited for one.",
			events, q("{{plugin}} {{outcome}}", `sum by (plugin, outcome) (rate(switchhook_plugin_waits_total{`+ofPlugin+`}[$__rate_interval])) > 0`)).bar().size(6, 7).orElse("none"),
		graph("Second attempts", "Callbacks tried at another process of the plugin, and those that the budget or the places withheld.",
			events,
			q("{{plugin}} {{reason}} {{outcome}}", `sum by (plugin, reason, outcome) (rate(switchhook_plugin_second_attempts_total{`+ofPlugin+`}[$__rate_interval])) > 0`),
			q("{{plugin}} withheld: {{reason}}", `sum by (plugin, reason) (rate(switchhook_plugin_second_attempts_withheld_total{`+ofPlugin+`}[$__rate_interval])) > 0`)).bar().size(6, 7).orElse("none"),
		graph("Beyond the places", "Callbacks refused because the plugin had max_in_flight of that command already.",
			events, q("{{plugin}} {{command}}", `sum by (plugin, command) (rate(switchhook_plugin_bulkhead_rejections_total{`+ofPlugin+`}[$__rate_interval])) > 0`)).bar().size(6, 7).orElse("none"),
		graph("Odd behaviour", "Processes put aside for missed heartbeats, callbacks that ended processes and are not sent again, and answers to no call.",
			count,
			q("{{plugin}} ejections", `sum by (plugin) (increase(switchhook_plugin_ejections_total{`+ofPlugin+`}[$__rate_interval])) > 0`),
			q("{{plugin}} quarantined", `sum by (plugin) (increase(switchhook_plugin_quarantined_total{`+ofPlugin+`}[$__rate_interval])) > 0`),
			q("{{plugin}} stray answers", `sum by (plugin) (increase(switchhook_plugin_stray_answers_total{`+ofPlugin+`}[$__rate_interval])) > 0`)).bar().size(6, 7).orElse("none"),
	}
}

func pluginProcess() []panel {
	of := func(metric string) query {
		return q("{{plugin}} #{{replica}}", `max by (plugin, replica) (switchhook_plugin_process_`+metric+`{`+ofPlugin+`})`)
	}
	return []panel{
		graph("CPU", "Cores that each process uses.",
			cores, q("{{plugin}} #{{replica}}", `sum by (plugin, replica) (rate(switchhook_plugin_process_cpu_seconds_total{`+ofPlugin+`}[$__rate_interval]))`)).size(6, 7),
		graph("Memory", "Resident memory of each process.", bytesIEC, of("resident_memory_bytes")).size(6, 7),
		graph("Open files", "Of those that the process may have.",
			share, q("{{plugin}} #{{replica}}", `max by (plugin, replica) (switchhook_plugin_process_open_fds{`+ofPlugin+`} / switchhook_plugin_process_max_fds{`+ofPlugin+`})`)).part().size(6, 7),
		graph("Threads", "Of each process.", count, of("threads")).size(6, 7),
		graph("Lines printed", "By the plugin's processes, by level.",
			events, q("{{plugin}} {{level}}", `sum by (plugin, level) (rate(switchhook_plugin_log_messages_total{`+ofPlugin+`}[$__rate_interval])) > 0`)).stack().size(24, 7).orElse("none"),
	}
}

func pluginMetrics() []panel {
	return []panel{
		ownMetrics(),
		graph("$metric", "The plugins' own metric that is chosen at the head, as it stands.",
			count, q("", `{__name__="switchhook_handler_$metric",`+ofPlugin+`}`)).size(12, 7).orElse("none"),
		graph("$metric a second", "The same, as a counter: how much it rises. Of a gauge it says nothing.",
			events, q("{{plugin}} #{{replica}}", `sum by (plugin, replica) (rate({__name__="switchhook_handler_$metric",`+ofPlugin+`}[$__rate_interval]))`)).size(12, 7).orElse("none"),
		graph("Collections", "Times that the gateway asked a plugin for its metrics, by result.",
			events, q("{{plugin}} {{result}}", `sum by (plugin, result) (rate(switchhook_plugin_collects_total{`+ofPlugin+`}[$__rate_interval])) > 0`)).stack().size(6, 7).orElse("none"),
		graph("Time of collections", "What the latest collection took.",
			seconds, q("{{plugin}}", `max by (plugin) (switchhook_plugin_collect_duration_seconds{`+ofPlugin+`})`)).size(6, 7),
		graph("Age of what is shown", "Where a plugin does not answer, its latest good metrics are shown for a while.",
			seconds, q("{{plugin}}", `max by (plugin) (switchhook_plugin_collect_age_seconds{`+ofPlugin+`})`)).size(6, 7),
		graph("Series", "That a plugin has in the latest collection; those left out are counted by reason.",
			count,
			q("{{plugin}}", `sum by (plugin) (switchhook_plugin_collect_series{`+ofPlugin+`})`),
			q("{{plugin}} dropped: {{reason}}", `sum by (plugin, reason) (increase(switchhook_plugin_collect_dropped_total{`+ofPlugin+`}[$__rate_interval])) > 0`)).size(6, 7),
	}
}
