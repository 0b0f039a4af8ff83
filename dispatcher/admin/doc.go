// Package admin is the side of the gateway that its operators talk to: metrics,
// health, and a small JSON API.
//
// It listens twice. The TCP listener answers reads alone, without paths,
// process ids and the words of plugins, and only to hosts it knows, so that a web page cannot reach it by
// rebinding a name. The unix socket in the data dir, which only the gateway's
// own user may open, answers the same in full, and takes changes.
//
//	path                            | listener | answers
//	/metrics                        | both     | Prometheus text, OpenMetrics or protobuf
//	/-/healthy                      | both     | 200 while the process turns
//	/-/ready                        | both     | [Readiness]; 503 while starting or draining
//	/api/v1/status                  | both     | [Status]
//	/api/v1/plugins                 | both     | [PluginList]
//	/api/v1/routes                  | both     | [RouteList]
//	/api/v1/config/reload           | socket   | POST: [ReloadReport], or 422 with every problem
//	/api/v1/plugins/{name}/{action} | socket   | POST [PluginOrder]: [Swap], 404 for an unknown plugin, or 422
//	/api/v1/routes/bypass           | socket   | POST [BypassOrder]: [BypassReport], or 422
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
