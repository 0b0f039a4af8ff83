package boards

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// command is one command in detail: what became of it, where its time goes, and
// how the plugins do that serve it.
func command() board {
	return board{
		uid: commandUID, title: "Switchhook / Command",
		about: "One command in detail. The choice of plugins follows the command: they are those that serve it.",
		variables: []cog.Builder[dashboard.VariableModel]{
			one("command", "Command", `label_values(switchhook_callbacks_total{@}, command)`),
			// Without a value for all, Grafana takes the choices: the plugins of this command alone.
			one("plugin", "Plugin", `label_values(switchhook_route_info{@,command="$command"}, plugin)`).
				Multi(true).IncludeAll(true).Current(chosen("All", "$__all")),
		},
		rows: []row{
			{panels: commandStatus()},
			{title: "What became of it", open: true, panels: commandOutcomes()},
			{title: "Where the time goes", panels: commandTime()},
			{title: "Deliveries", panels: commandDeliveries()},
			{title: "Its plugins", panels: commandPlugins()},
		},
	}
}

const ofCommand = `@,command="$command"`

func commandStatus() []panel {
	served := single("Served by", "The plugins that the command is routed to now.",
		count, `max by (plugin, mode) (switchhook_route_info{`+ofCommand+`})`).orElse("nobody")
	served.queries[0].legend = "{{plugin}} ({{mode}})"
	return []panel{
		served,
		single("Rate", "Callbacks a second.", perSecond, `sum(rate(switchhook_callbacks_total{`+ofCommand+`}[$__rate_interval]))`).trend(),
		single("Failed", "Share of its callbacks that were failed, timeout, unavailable, overloaded or internal.",
			share, `sum(rate(switchhook_callbacks_total{`+ofCommand+`,outcome=~"`+bad+`"}[$__rate_interval])) / (sum(rate(switchhook_callbacks_total{`+ofCommand+`}[$__rate_interval])) > 0)`).
			colored("green", from(.001, "orange"), from(.05, "red")).orElse("no traffic"),
		single("p99", "Time from the first byte read to the answer. Tencent waits 2 s.",
			seconds, quantile("0.99", "", "switchhook_callback_duration_seconds", `,command="$command"`)).
			colored("green", from(.75, "orange"), from(1.5, "red")).trend().orElse("no traffic"),
		single("Decisions defaulted", "In the range shown: decisions that no plugin took, so that the policy let a message pass or refused it.",
			count, `sum(increase(switchhook_decisions_defaulted_total{`+ofCommand+`}[$__range]))`).whole().colored("green", from(.5, "red")).orElse("no decisions"),
		single("In flight", "Being answered right now.",
			count, `sum(switchhook_callbacks_in_flight{`+ofCommand+`})`).whole(),
	}
}

func commandOutcomes() []panel {
	return []panel{
		graph("Outcomes", "What became of its callbacks.",
			perSecond, outcomes(ofCommand)...).
			stack().paint(outcomeColors()).size(12, 8).orElse("no traffic"),
		heat("Time to answer", "Callbacks a second by how long they took. With exemplars stored, a dot leads to the trace of one of them.",
			seconds, `sum by (le) (rate(switchhook_callback_duration_seconds_bucket{`+ofCommand+`}[$__rate_interval]))`).exemplars(),
		graph("Quantiles against Tencent's 2 s", "Beyond the red line Tencent has given up.",
			seconds,
			q("p99", quantile("0.99", "", "switchhook_callback_duration_seconds", `,command="$command"`)),
			q("p90", quantile("0.9", "", "switchhook_callback_duration_seconds", `,command="$command"`)),
			q("p50", quantile("0.5", "", "switchhook_callback_duration_seconds", `,command="$command"`))).
			limit(2).decades().exemplars().paint(map[string]string{"p50": "green", "p90": "blue", "p99": "orange"}).size(12, 8),
		graph("Decisions defaulted", "Decisions a second that no plugin took, by what became of the callback.",
			perSecond, q("{{outcome}}", `sum by (outcome) (rate(switchhook_decisions_defaulted_total{`+ofCommand+`}[$__rate_interval])) > 0`)).
			bar().paint(outcomeColors()).size(12, 8).orElse("none"),
	}
}

func commandTime() []panel {
	return []panel{
		graph("Callback against attempt", "Mean time of its callbacks, and of one attempt at each plugin that serves it (for all commands of that plugin). What the first has more is the gateway's, or an order of several plugins.",
			seconds,
			q("callback", `sum(rate(switchhook_callback_duration_seconds_sum{`+ofCommand+`}[$__rate_interval])) / (sum(rate(switchhook_callback_duration_seconds_count{`+ofCommand+`}[$__rate_interval])) > 0)`),
			q("attempt at {{plugin}}", `sum by (plugin) (rate(switchhook_delivery_duration_seconds_sum{@,plugin=~"$plugin"}[$__rate_interval])) / (sum by (plugin) (rate(switchhook_delivery_duration_seconds_count{@,plugin=~"$plugin"}[$__rate_interval])) > 0)`)).
			orElse("no traffic"),
		graph("p99 of attempts", "Of one attempt at each plugin that serves it, for all commands of that plugin.",
			seconds, q("{{plugin}}", quantile("0.99", "plugin, ", "switchhook_delivery_duration_seconds", `,plugin=~"$plugin"`))).limit(2).decades().exemplars(),
		graph("In flight against max_in_flight", "The red end of a command that hangs: at its limit, callbacks are overloaded.",
			count,
			q("in flight", `sum(switchhook_callbacks_in_flight{`+ofCommand+`})`),
			q("limit", `sum(switchhook_callbacks_in_flight_limit{`+ofCommand+`}) > 0`)),
	}
}

func commandDeliveries() []panel {
	return []panel{
		graph("Attempts", "At each plugin, by outcome; each attempt at a stored event counts.",
			events, q("{{plugin}} {{outcome}}", `sum by (plugin, outcome) (rate(switchhook_deliveries_total{`+ofCommand+`}[$__rate_interval])) > 0`)).stack().orElse("none"),
		graph("Duplicates", "Events accepted a second time and not delivered again, since their body proves one occurrence.",
			events, q("duplicates", `sum(rate(switchhook_callbacks_duplicate_total{`+ofCommand+`}[$__rate_interval]))`)),
		graph("Beyond the plugin's places", "Callbacks refused because the plugin had max_in_flight of this command already.",
			events, q("{{plugin}}", `sum by (plugin) (rate(switchhook_plugin_bulkhead_rejections_total{`+ofCommand+`}[$__rate_interval]))`)).orElse("no limits"),
	}
}

func commandPlugins() []panel {
	return []panel{
		timeline("Up", "Red while no process of the plugin takes callbacks.",
			q("{{plugin}}", `min by (plugin) (switchhook_plugin_up{@,plugin=~"$plugin"})`)).named(word("down", "red"), word("up", "green")),
		graph("Concurrency in use", "Of the calls that the plugin's processes may have at once.",
			share, q("{{plugin}}", `sum by (plugin) (switchhook_plugin_calls_in_flight{@,plugin=~"$plugin"}) / (sum by (plugin) (switchhook_plugin_calls_in_flight_limit{@,plugin=~"$plugin"}) > 0)`)).
			part().size(12, 7).opens("", "The plugin in detail", pluginsUID, "plugin").orElse("no limits"),
		graph("Ends of processes", "By reason.",
			count, q("{{plugin}} {{reason}}", `sum by (plugin, reason) (increase(switchhook_plugin_exits_total{@,plugin=~"$plugin"}[$__rate_interval])) > 0`)).bar().orElse("none"),
		graph("Memory", "Resident memory of the plugin's processes.",
			bytesIEC, q("{{plugin}}", `sum by (plugin) (switchhook_plugin_process_resident_memory_bytes{@,plugin=~"$plugin"})`)),
		graph("CPU", "Cores that the plugin's processes use.",
			cores, q("{{plugin}}", `sum by (plugin) (rate(switchhook_plugin_process_cpu_seconds_total{@,plugin=~"$plugin"}[$__rate_interval]))`)),
		ownMetrics(),
	}
}

// ownMetrics are whatever the plugins' authors measure.
func ownMetrics() panel {
	return rows("The plugins' own metrics", "What the plugins measure themselves, as it stands now; counters since their process started, and histograms without their buckets.",
		col("value", count, `{__name__=~"switchhook_handler_.+",__name__!~".+_bucket",@,plugin=~"$plugin"}`)).
		by("__name__", "plugin", "replica").size(24, 9).orElse("none")
}
