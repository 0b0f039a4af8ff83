package boards

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// overview is what whoever is on call opens first: is something wrong, since
// when, and at which command. The rows below say why.
func overview() board {
	return board{
		uid: overviewUID, title: "Switchhook / Overview",
		about: "Start here when paged. The values at the top turn red for what pages; the row below says which command.",
		variables: []cog.Builder[dashboard.VariableModel]{
			everyOne("app", "App", `label_values(switchhook_app_callbacks_total{@}, app)`),
			constant("budget_window", "30d"),
			constant("burn_short", "1h"),
			constant("burn_long", "6h"),
		},
		rows: []row{
			{panels: status()},
			{title: "Callbacks by command", open: true, panels: red()},
			{title: "Plugins", panels: pluginSummary()},
			{title: "Inbox", panels: inbox()},
			{title: "Cluster", panels: shared()},
			{title: "Saturation", panels: saturation()},
			{title: "Error budget", panels: budget()},
			{title: "Requests and authentication", panels: requests()},
			{title: "Apps", panels: apps()},
			{title: "Alerts and health", panels: health()},
		},
	}
}

func status() []panel {
	return []panel{
		single("Ready instances", "Instances whose /-/ready answers 200. At 0 nobody answers Tencent, which then lets everything pass.",
			count, `sum(switchhook_ready{@})`).whole().colored("red", from(1, "green")),
		single("Firing alerts", "Alerts of rules.yaml that fire now, the watchdog left out. The row Alerts and health names them.",
			count, `count(`+firing+`) or vector(0)`).whole().colored("green", from(1, "red")),
		single("Error budget left", "Of the 0.1 % of callbacks that may fail within 30 days. Below 0 the objective is missed. Needs as much history as Prometheus keeps.",
			share, `1 - `+badRatio("$budget_window")+` / `+allowed).colored("red", from(.0001, "orange"), from(.25, "green")).orElse("no traffic"),
		single("Decisions defaulted", "In the range shown: decisions that no plugin took, so that the policy let a message pass or refused it.",
			count, `sum(increase(switchhook_decisions_defaulted_total{@}[$__range]))`).whole().colored("green", from(.5, "red")),
		single("Failing authentication", "Share of requests answered 403. Above 20 % a token or a clock is wrong rather than somebody guessing, and Tencent lets everything pass.",
			share, `sum(rate(switchhook_auth_failures_total{@}[$__rate_interval])) / (sum(rate(switchhook_http_requests_total{@}[$__rate_interval])) > 0)`).
			colored("green", from(.05, "orange"), from(.2, "red")).orElse("no traffic"),
		single("Plugins down", "Plugins of which no process takes callbacks, on any instance; disabled ones count.",
			count, `sum(1 - switchhook_plugin_up{@})`).whole().colored("green", from(1, "red")).orElse("no plugins"),
		single("Callbacks", "Authenticated callbacks a second.",
			perSecond, `sum(rate(switchhook_callbacks_total{@}[$__rate_interval]))`).trend(),
		single("p99 of answers", "Time from the first byte read to the answer. Tencent waits 2 s.",
			seconds, quantile("0.99", "", "switchhook_callback_duration_seconds", "")).
			trend().colored("green", from(.75, "orange"), from(1.5, "red")).orElse("no traffic"),
		single("Oldest event waiting", "How long ago the oldest event was received that waits for its turn. Above 5 minutes a plugin is away or does not keep up.",
			seconds, `max(switchhook_inbox_oldest_message_age_seconds{@,state="ready"})`).colored("green", from(60, "orange"), from(300, "red")).orElse("no inbox"),
		single("Dead letters", "Copies of events that nobody delivers any more, until somebody replays or drops them.",
			count, `sum(`+once("switchhook_inbox_messages", `,state="dead"`)+`)`).whole().colored("green", from(1, "orange")).orElse("no inbox"),
		single("Inbox filled", "Of inbox.max_bytes, at the fullest instance. Full, it refuses events, and Tencent does not send them again.",
			share, `max(switchhook_inbox_size_bytes{@} / (switchhook_inbox_capacity_bytes{@} > 0))`).
			colored("green", from(.8, "orange"), from(.95, "red")).orElse("no bound"),
		single("Fullest command", "Callbacks in flight against max_in_flight, of the command that is nearest to it. At 100 % callbacks are overloaded.",
			share, `max(switchhook_callbacks_in_flight{@} / (switchhook_callbacks_in_flight_limit{@} > 0))`).
			colored("green", from(.7, "orange"), from(.9, "red")).orElse("no limits"),
	}
}

func red() []panel {
	return []panel{
		graph("Rate by command", "The ten busiest commands. A command that falls silent is as bad as one that fails.",
			perSecond, q("{{command}}", `topk(10, sum by (command) (rate(switchhook_callbacks_total{@}[$__rate_interval]))) > 0`)).
			opens("", "The command in detail", commandUID, "command").orElse("no traffic"),
		graph("Outcomes", "What became of the callbacks, of all commands together.",
			perSecond, outcomes("@")...).
			stack().paint(outcomeColors()).orElse("no traffic"),
		graph("Time to answer against Tencent's 2 s", "Beyond the red line Tencent has given up, and lets the message pass. Stored events count without their deliveries.",
			seconds,
			q("p99", quantile("0.99", "", "switchhook_callback_duration_seconds", "")),
			q("p50", quantile("0.5", "", "switchhook_callback_duration_seconds", ""))).
			limit(2).decades().exemplars().paint(map[string]string{"p50": "green", "p99": "orange"}),
		commandTable().size(17, 10),
		graph("Decisions defaulted", "Decisions a second that no plugin took, by what became of the callback. Each let a message pass or refused one without having looked.",
			perSecond, q("{{outcome}}", `sum by (outcome) (rate(switchhook_decisions_defaulted_total{@}[$__rate_interval])) > 0`)).
			bar().paint(outcomeColors()).size(7, 10).orElse("none"),
	}
}

// commandTable has a row for each command and plugin that serves it.
func commandTable() panel {
	return rows("Commands", "Each command that is routed, and the plugins that serve it, most failures first. A command leads to its own dashboard.",
		col("rate", perSecond, byRoute(`sum by (command) (rate(switchhook_callbacks_total{@}[$__rate_interval]))`)),
		col("failed", share, byRoute(`sum by (command) (rate(switchhook_callbacks_total{@,outcome=~"`+bad+`"}[$__rate_interval])) / `+
			`(sum by (command) (rate(switchhook_callbacks_total{@}[$__rate_interval])) > 0)`)),
		col("p50", seconds, byRoute(quantile("0.5", "command, ", "switchhook_callback_duration_seconds", "")+` > 0`)),
		col("p99", seconds, byRoute(quantile("0.99", "command, ", "switchhook_callback_duration_seconds", "")+` > 0`)),
		col("defaulted", count, byRoute(`sum by (command) (increase(switchhook_decisions_defaulted_total{@}[$__range]))`)),
		col("in flight", count, byRoute(`sum by (command) (switchhook_callbacks_in_flight{@})`)),
	).by("command", "plugin", "mode").sorted("failed").opens("command", "The command in detail", commandUID, "command")
}

// outcomes are those of callbacks: what is as it should be below, so that the
// rest stands out on top.
func outcomes(of string) []query {
	const usual = `ok|accepted|rejected|bypassed`
	return []query{
		q("{{outcome}}", `sum by (outcome) (rate(switchhook_callbacks_total{`+of+`,outcome=~"`+usual+`"}[$__rate_interval])) > 0`),
		q("{{outcome}}", `sum by (outcome) (rate(switchhook_callbacks_total{`+of+`,outcome!~"`+usual+`"}[$__rate_interval])) > 0`),
	}
}

func outcomeColors() map[string]string {
	return map[string]string{
		"ok": "green", "accepted": "light-green", "rejected": "blue", "bypassed": "purple", "unrouted": "#808080",
		"failed": "red", "timeout": "orange", "unavailable": "dark-red", "overloaded": "yellow",
		"bad_reply": "light-red", "malformed": "light-orange", "internal": "dark-orange",
	}
}
