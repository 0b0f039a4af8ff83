package boards

func budget() []panel {
	fast := `sum by (command) (increase(switchhook_callbacks_total{@,outcome=~"` + bad + `"}[$__range]))`
	return []panel{
		graph("Burn rate", "How many times faster than even the budget is spent: at 1 it lasts 30 days, at 14.4 two. Both windows above the line page.",
			count,
			q("$burn_short", badRatio("$burn_short")+` / `+allowed),
			q("$burn_long", badRatio("$burn_long")+` / `+allowed)).limit(14.4).size(12, 7).orElse("no traffic"),
		ranking("Failed by command", "Where the budget goes: callbacks that failed in the range shown, the ten commands with most.",
			count, q("{{command}}", `topk(10, `+fast+`) > 0`)).colored("red").size(12, 7).orElse("none"),
		single("Availability", "Share of callbacks in 30 days that were not failed, timeout, unavailable, overloaded or internal. Objective: 99.9 %.",
			share, `1 - `+badRatio("$budget_window")).colored("red", from(.999, "green")).size(8, 4).orElse("no traffic"),
		single("Answered within 0.75 s", "Share of callbacks in the range shown. Objective: 99 %.",
			share, `sum(rate(switchhook_callback_duration_seconds_bucket{@,le="0.75"}[$__range])) / (sum(rate(switchhook_callback_duration_seconds_count{@}[$__range])) > 0)`).
			colored("red", from(.99, "green")).size(8, 4).orElse("no traffic"),
		single("Inbox fresh", "Share of the range shown in which the oldest ready event was younger than a minute. Objective: 99.9 %.",
			share, `min(avg_over_time((switchhook_inbox_oldest_message_age_seconds{@,state="ready"} < bool 60)[$__range:$__interval]))`).
			colored("red", from(.999, "green")).size(8, 4).orElse("no inbox"),
	}
}

func requests() []panel {
	return []panel{
		graph("Requests by status", "All requests of the public listener, strangers' too.",
			perSecond, q("{{code}}", `sum by (code) (rate(switchhook_http_requests_total{@}[$__rate_interval])) > 0`)).stack().size(6, 7).orElse("no traffic"),
		graph("Authentication failures", "bad_signature is a token that differs, stale_timestamp a clock; bad_query and missing_signature are strangers.",
			perSecond, q("{{reason}}", `sum by (reason) (rate(switchhook_auth_failures_total{@}[$__rate_interval])) > 0`)).bar().size(6, 7).orElse("none"),
		graph("Requests rejected", "Requests that reached no plugin for another reason than authentication.",
			perSecond, q("{{reason}}", `sum by (reason) (rate(switchhook_requests_rejected_total{@}[$__rate_interval])) > 0`)).bar().size(6, 7).orElse("none"),
		graph("Clock against Tencent's", "RequestTime minus our clock, of the latest request with the right Sign. Outside the window of 60 s all are refused.",
			seconds, q("{{instance}}", `max by (instance) (switchhook_request_clock_skew_seconds{@})`)).size(6, 7),
		single("Certificate expires in", "Of the public listener. Without TLS there is nothing to expire.",
			seconds, `min(switchhook_tls_certificate_expiry_timestamp_seconds{@} > 0) - time()`).
			colored("red", from(7*86400, "orange"), from(21*86400, "green")).orElse("no TLS"),
		single("Console probes", "Times that Tencent's console tried the URL, in the range shown.",
			count, `sum(increase(switchhook_console_probes_total{@}[$__range]))`).whole(),
		single("Command mismatches", "Callbacks in the range shown whose body names another command than their URL.",
			count, `sum(increase(switchhook_command_mismatches_total{@}[$__range]))`).whole().colored("green", from(1, "orange")),
	}
}

func apps() []panel {
	return []panel{
		graph("Callbacks by app", "Authenticated callbacks.",
			perSecond, q("{{app}}", `sum by (app) (rate(switchhook_app_callbacks_total{@,app=~"$app"}[$__rate_interval]))`)),
		graph("Failed by app", "Share of an app's callbacks.",
			share, q("{{app}}", `sum by (app) (rate(switchhook_app_callbacks_total{@,app=~"$app",outcome=~"`+bad+`"}[$__rate_interval])) / `+
				`(sum by (app) (rate(switchhook_app_callbacks_total{@,app=~"$app"}[$__rate_interval])) > 0)`)).orElse("no traffic"),
		graph("Places in use by app", "Of those that the app has, so that one app cannot take all.",
			share, q("{{app}}", `max by (app) (switchhook_app_callbacks_in_flight{@,app=~"$app"} / (switchhook_app_callbacks_in_flight_limit{@,app=~"$app"} > 0))`)).
			part().orElse("no limits"),
	}
}

func health() []panel {
	return []panel{
		rows("Firing alerts", "Each has a page under docs/runbooks.",
			col("firing", "", `max by (alertname, severity, command, plugin, reason) (`+firing+`)`)).
			by("alertname", "severity", "command", "plugin", "reason").orElse("none"),
		graph("Degraded", "Reasons that /-/ready gives while callbacks are answered all the same.",
			count, q("{{reason}}", `sum by (reason) (switchhook_degraded_reasons{@}) > 0`)).bar().size(6, 8).orElse("none"),
		graph("Log lines", "Of the gateway, by level, and those left out because too many alike came at once.",
			events,
			q("{{level}}", `sum by (level) (rate(switchhook_log_messages_total{@,level=~"warn|error"}[$__rate_interval]))`),
			q("suppressed", `sum(rate(switchhook_log_suppressed_total{@}[$__rate_interval]))`)).size(6, 8),
		timeline("Ready", "Red while /-/ready answers anything but 200.",
			q("{{instance}}", `min by (instance) (switchhook_ready{@})`)).named(word("not ready", "red"), word("ready", "green")).size(12, 4),
		timeline("Degraded instances", "Red while something is wrong and callbacks are answered all the same.",
			q("{{instance}}", `max by (instance) (switchhook_degraded{@})`)).
			colored("green", from(1, "red")).named(word("ok", "green"), word("degraded", "red")).size(12, 4),
	}
}
