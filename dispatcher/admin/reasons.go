package admin

// Reason is one thing that is wrong while callbacks are answered all the same.
type Reason struct {
	// Kind is what scripts and alerts tell reasons apart by.
	Kind ReasonKind `json:"reason"`
	// Text says it to a person, and mostly what to do; over TCP without a word that a
	// plugin chose, and without paths.
	Text string `json:"text"`
	// Public is what the TCP listener says in Text's place. A word that a plugin chose
	// may hold a secret; the plugin has to be named all the same.
	Public string `json:"-"`
}

// ReasonKind is the kind of a [Reason]: a closed set, and the label of
// switchhook_degraded_reasons.
type ReasonKind string

// The kinds.
const (
	// ReasonRoute: a command is not routed as configured or claimed.
	ReasonRoute ReasonKind = "route"
	// ReasonBypass: an operator has decisions answered without their plugin.
	ReasonBypass ReasonKind = "bypass"
	// ReasonPluginDisabled: an operator has disabled a plugin.
	ReasonPluginDisabled ReasonKind = "plugin_disabled"
	// ReasonPluginDown: no process of a plugin takes callbacks.
	ReasonPluginDown ReasonKind = "plugin_down"
	// ReasonPluginReplicas: some of a plugin's processes are given up for now.
	ReasonPluginReplicas ReasonKind = "plugin_replicas"
	// ReasonPluginUnhealthy: a plugin takes callbacks and says that it is unwell.
	ReasonPluginUnhealthy ReasonKind = "plugin_unhealthy"
	// ReasonPluginDebug: a plugin has neither health checks nor the usual deadlines.
	ReasonPluginDebug ReasonKind = "plugin_debug"
	// ReasonPluginDrift: a plugin's file was refused, so that something else serves.
	ReasonPluginDrift ReasonKind = "plugin_drift"
	// ReasonInboxUnopened: events are refused, since the inbox is not open yet.
	ReasonInboxUnopened ReasonKind = "inbox_unopened"
	// ReasonInboxFull: events are refused for want of room.
	ReasonInboxFull ReasonKind = "inbox_full"
	// ReasonInboxFailing: events are refused, since the inbox cannot be written.
	ReasonInboxFailing ReasonKind = "inbox_failing"
	// ReasonInboxCluster: the cluster that the gateways share their inbox in is away, or
	// this gateway is far behind it.
	ReasonInboxCluster ReasonKind = "inbox_cluster"
	// ReasonInboxSilent: the inbox does not say how it is.
	ReasonInboxSilent ReasonKind = "inbox_silent"
	// ReasonInboxLost: accepted events are lost.
	ReasonInboxLost ReasonKind = "inbox_lost"
	// ReasonInboxOrphaned: events wait for a plugin that there is not.
	ReasonInboxOrphaned ReasonKind = "inbox_orphaned"
)

// ReasonKinds returns every kind.
func ReasonKinds() []ReasonKind {
	return []ReasonKind{
		ReasonRoute, ReasonBypass,
		ReasonPluginDisabled, ReasonPluginDown, ReasonPluginReplicas, ReasonPluginUnhealthy, ReasonPluginDebug, ReasonPluginDrift,
		ReasonInboxUnopened, ReasonInboxFull, ReasonInboxFailing, ReasonInboxCluster, ReasonInboxSilent, ReasonInboxLost, ReasonInboxOrphaned,
	}
}

// texts are the reasons without their kinds.
func texts(reasons []Reason) []string {
	all := make([]string, len(reasons))
	for i, r := range reasons {
		all[i] = r.Text
	}
	return all
}

// publicOnly returns reasons as the TCP listener tells them.
func publicOnly(reasons []Reason) []Reason {
	all := make([]Reason, len(reasons))
	for i, r := range reasons {
		all[i] = Reason{Kind: r.Kind, Text: r.Public}
	}
	return all
}
