package boards

import "strings"

const (
	// bad are the outcomes that spend the error budget: what was lost or late
	// through the gateway or a plugin. A refusal is an answer, and a body that
	// nobody can read is its sender's.
	bad = `failed|timeout|unavailable|overloaded|bad_reply|internal`

	// firing are the alerts of deploy/prometheus/rules.yaml that fire. The empty
	// alternatives keep those that have summed job or instance away; the
	// watchdog fires always.
	firing = `ALERTS{alertname=~"Switchhook.+",alertname!="SwitchhookWatchdog",alertstate="firing",job=~"$job|",instance=~"$instance|"}`

	// objective is the share of callbacks that may not be bad, over
	// budget_window; allowed is what it leaves.
	allowed = `(1 - 0.999)`
)

// query is one expression of a panel.
type query struct {
	expr, legend string
	// column and unit are of a table: what stands above the values, and their
	// unit where it is not the panel's.
	column, unit string
}

func q(legend, expr string) query { return query{expr: selectors(expr), legend: legend} }

func col(column, unit, expr string) query {
	return query{expr: selectors(expr), column: column, unit: unit}
}

// selectors writes out @, which stands for the two matchers that every selector
// has.
func selectors(expr string) string {
	return strings.ReplaceAll(expr, "@", `job=~"$job",instance=~"$instance"`)
}

// quantile asks a histogram, by the labels named (each with a comma behind it).
func quantile(of, by, histogram, matchers string) string {
	return `histogram_quantile(` + of + `, sum by (` + by + `le) (rate(` + histogram + `_bucket{@` + matchers + `}[$__rate_interval])))`
}

// once has a gauge of the inbox count each inbox once. Gateways that share one all give the
// same; those that do are told by a series that the others have not.
func once(gauge, matchers string) string {
	const sharing = ` on (job, instance) switchhook_inbox_cluster_connected{@}`
	gauge += `{@` + matchers + `}`
	return gauge + ` unless` + sharing + ` or max without (instance) (` + gauge + ` and` + sharing + `)`
}

// byRoute joins a value by command with the plugins that serve the command.
func byRoute(expr string) string {
	return `(` + expr + `) * on (command) group_right () max by (command, plugin, mode) (switchhook_route_info{@})`
}

// byProgram joins a value by plugin with the version that serves.
func byProgram(expr string) string {
	return `(` + expr + `) * on (plugin) group_right () max by (plugin, version) (switchhook_plugin_info{@})`
}

// badRatio is the share of callbacks that were bad over a window. It asks the
// counter by app, which has the same callbacks in far fewer series: 30 days of
// the counter by command would be read by no server in time. What nobody is routed
// to counts on neither side, as in the rules.
func badRatio(window string) string {
	return `sum(increase(switchhook_app_callbacks_total{@,outcome=~"` + bad + `"}[` + window + `])) / ` +
		`(sum(increase(switchhook_app_callbacks_total{@,outcome!="unrouted"}[` + window + `])) > 0)`
}
