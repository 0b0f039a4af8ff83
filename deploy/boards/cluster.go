package boards

// shared is what gateways see of the cluster that keeps the inbox they have in common.
func shared() []panel {
	const none = "no shared inbox"
	return []panel{
		timeline("Connected", "Red while a gateway has no connection to the cluster, or gets no answer, as without a majority of the nodes: it refuses events then, and decisions go on. Runbook SwitchhookClusterLost.",
			q("{{instance}}", `min by (instance) (switchhook_inbox_cluster_connected{@})`)).
			named(word("lost", "red"), word("connected", "green")).size(12, 7).orElse(none),
		graph("Behind the log", "For how long a gateway has had entries of the log to apply. The answer to an event waits for its own; beyond 5 s events are refused. Runbook SwitchhookClusterBehind.",
			seconds, q("{{instance}}", `max by (instance) (switchhook_inbox_cluster_log_lag_seconds{@})`)).limit(5).size(6, 7).orElse(none),
		graph("Entries behind", "Entries of the log that a gateway has not applied.",
			count, q("{{instance}}", `max by (instance) (switchhook_inbox_cluster_log_entries_behind{@})`)).size(6, 7).orElse(none),
		graph("Log against its bound", "What the log takes in the cluster. It is cut below a snapshot: three quarters of the bound are usual under load, beyond 85 % it is not cut, and all of it refuses events. Nothing is known of it while the cluster does not answer. Runbook SwitchhookClusterLogFilling.",
			bytesIEC,
			q("log {{job}}", `max by (job) (switchhook_inbox_cluster_log_bytes{@})`),
			q("85 % {{job}}", `0.85 * max by (job) (switchhook_inbox_cluster_log_max_bytes{@})`),
			q("bound {{job}}", `max by (job) (switchhook_inbox_cluster_log_max_bytes{@})`)).size(6, 7).orElse(none),
		graph("Entries since the snapshot", "What came after the latest one, and a new gateway has to apply. Snapshots come with the log's growth, and not with time.",
			count, q("{{job}}", `min by (job) (switchhook_inbox_cluster_snapshot_entries_behind{@})`)).size(6, 7).orElse(none),
		graph("In hand", "Copies that were handed out to each gateway and have no result yet. A gateway without any has no plugin that takes events, or too little to do.",
			count, q("{{instance}}", `sum by (instance) (switchhook_inbox_claimed_messages{@})`)).size(6, 7),
		graph("Claims", "Entries of the log and offers that each gateway has in hand, and those that it could not keep: others may deliver them a second time.",
			count,
			q("in hand {{instance}}", `sum by (instance) (switchhook_inbox_claims{@})`),
			q("lost {{instance}}", `sum by (instance) (increase(switchhook_inbox_claims_lost_total{@}[$__rate_interval]))`)).size(6, 7),
		timeline("Keeper", "The gateway that looks after the shared inbox. One at a time, and for ten seconds none where it has died. Runbook SwitchhookClusterNoKeeper.",
			q("{{instance}}", `max by (instance) (switchhook_inbox_keeper{@})`)).
			colored("#808080", from(1, "green")).named(word("-", "#808080"), word("keeper", "green")).size(12, 7),
		graph("Snapshots", "Tried in each interval, by the gateway that is keeper at the time. One that failed is tried again after 20 s. Runbook SwitchhookClusterSnapshotsFailing.",
			count, q("{{result}}", `sum by (result) (increase(switchhook_inbox_cluster_snapshots_total{@}[$__rate_interval]))`)).
			bar().paint(map[string]string{"saved": "green", "failed": "red"}).size(6, 7).orElse(none),
		graph("Reconnects", "Connections that were lost and found again, in each interval. One for each node that is restarted is usual, and some while there is no majority.",
			count, q("{{instance}}", `sum by (instance) (increase(switchhook_inbox_cluster_reconnects_total{@}[$__rate_interval]))`)).bar().size(6, 7).orElse(none),
	}
}
