package admin

// The paths of the admin side. Those below /api/v1 answer JSON, and stay.
const (
	pathMetrics = "/metrics"
	pathHealthy = "/-/healthy"
	pathReady   = "/-/ready"
	pathStatus  = "/api/v1/status"
	pathPlugins = "/api/v1/plugins"
	pathRoutes  = "/api/v1/routes"
	pathReload  = "/api/v1/config/reload"
	pathAround  = "/api/v1/routes/bypass"
	pathTrace   = "/api/v1/trace"
	pathPprof   = "/debug/pprof/"

	// What Kubernetes and its tools call health.
	pathLivez  = "/livez"
	pathReadyz = "/readyz"

	pathPluginMetrics = pathMetrics + "/plugins/{name}"

	pathPluginChange = pathPlugins + "/{name}/{action}"

	pathInbox         = "/api/v1/inbox"
	pathInboxEvents   = pathInbox + "/events"
	pathInboxEvent    = pathInboxEvents + "/{id}"
	pathInboxReplay   = pathInbox + "/replay"
	pathInboxDrop     = pathInbox + "/dead/drop"
	pathInboxBackup   = pathInbox + "/backup"
	pathInboxCheck    = pathInbox + "/check"
	pathInboxMove     = pathInbox + "/subscriptions/move"
	pathInboxRemove   = pathInbox + "/subscriptions/remove"
	pathInboxBackfill = pathInbox + "/subscriptions/backfill"
)

// DefaultListen is where the TCP listener binds unless told otherwise.
const DefaultListen = "127.0.0.1:9480"

// SocketName is the name of the unix socket in the data dir.
const SocketName = "admin.sock"

// inboxChangePaths are the paths that change the inbox.
func inboxChangePaths() []string {
	return []string{
		pathInboxReplay, pathInboxDrop, pathInboxBackup, pathInboxCheck, pathInboxMove, pathInboxRemove, pathInboxBackfill,
	}
}
