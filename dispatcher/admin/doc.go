// Package admin is the side of the gateway that its operators talk to: metrics,
// health, and a small JSON API.
//
// It listens twice. The TCP listener answers reads alone, without paths, process
// ids and the words of plugins, and only to hosts it knows, so that a web page cannot
// reach it by rebinding a name. The unix socket in the data dir, which only the
// gateway's own user may open, answers the same in full, and takes changes.
//
//	path                            | listener | answers
//	/metrics                        | both     | Prometheus text, OpenMetrics or protobuf
//	/metrics/plugins/{name}         | both     | what that plugin measures of itself, as /metrics has it too; or 404
//	/-/healthy                      | both     | 200 while the process turns
//	/-/ready                        | both     | [Readiness]; 503 while starting or draining
//	/api/v1/status                  | both     | [Status]
//	/api/v1/plugins                 | both     | [PluginList]
//	/api/v1/routes                  | both     | [RouteList]
//	/api/v1/config/reload           | socket   | POST: [ReloadReport], or 422 with every problem
//	/api/v1/plugins/{name}/{action} | socket   | POST [PluginOrder]: [Swap], 404 for an unknown plugin, or 422
//	/api/v1/routes/bypass           | socket   | POST [BypassOrder]: [BypassReport], or 422
//	/livez, /readyz                 | both     | /-/healthy and /-/ready by other names
//	/api/v1/trace                   | both     | [TraceList], by the parameters of [TraceQuery]: of, limit (20, at
//	                                |          | most 100) and cursor; over TCP without keys
//	/debug/pprof/                   | both     | the runtime's profiles, where they are switched on; over TCP to this
//	                                |          | machine alone
//	/api/v1/inbox                   | both     | [InboxStatus]; 404 without an inbox
//	/api/v1/inbox/events            | both     | [InboxList], by the parameters of [InboxQuery]
//	/api/v1/inbox/events/{id}       | both     | [InboxDetail], or 404
//	/api/v1/inbox/replay            | socket   | POST [InboxReplayOrder]: [InboxReplayReport] in lines
//	/api/v1/inbox/dead/drop         | socket   | POST [InboxDropOrder]: [InboxDropReport] in lines
//	/api/v1/inbox/backup            | socket   | POST [InboxBackupOrder]: [InboxBackupReport] in lines
//	/api/v1/inbox/check             | socket   | POST: [InboxCheckReport] in lines
//	/api/v1/inbox/subscriptions/…   | socket   | POST: [InboxChangeReport] in lines; move takes an [InboxMoveOrder],
//	                                |          | remove and backfill an [InboxSubscriptionOrder]
//
// The parameters of /api/v1/inbox/events are app, command, plugin, id, key, since and
// until (RFC 3339), status (several with commas), reason, newest, limit (100, at most
// 1000, with bodies 100), cursor (the next of an earlier answer) and bodies.
//
// An answer in lines is application/x-ndjson: {"progress": …} any number of times, then
// {"result": …} or {"error": "…"}. Who closes the connection ends the work.
//
// Every change that is asked for is handed to [Options.Audit], refused ones too, with
// who asked as the system names them. Two changes at once wait for each other.
//
// Every refusal is an [ErrorBody]. Degraded is not unready: a load balancer that
// took every node with a broken plugin away would switch moderation off for all.
//
// [Client] is the other end, for the command line. The JSON types only ever gain
// fields, so a client and a gateway of different versions understand each other.
package admin
