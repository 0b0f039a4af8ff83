// Package pluginhost runs the handler plugins: separately compiled programs
// that the gateway starts, watches, replaces and stops.
//
// A [Host] keeps one process for each plugin, or as many as [PluginConfig] asks for.
// It keeps a private copy of the program under its hash, checks that hash before each
// start, and executes the copy through the hidden step [ExecPlugin], which ties the
// process to the gateway's life. The process then has to go through handshake,
// Describe, Configure, health and stream before it counts as ready; only then do
// callbacks reach it.
//
// [Host.Handler] is what the dispatcher calls: the plugin's pool. It is usable at
// any time, and while no process is ready it answers at once with an unavailable
// fault, or waits where one is about to come, never longer than 40 % of the time
// that is left. What a plugin claims outlives its process, and the gateway's: the
// last good description is kept under the data directory, so that a claimed command
// is never mistaken for an unknown one.
//
// Claims outlive the program too. A plugin whose file was removed or is not
// executable any more, or that the configuration does not name any longer, stays
// known in [StateFailed] with its stored claims: decisions get the policy of
// their route, and reports fail, so that Tencent and the operator notice. To
// keep the claims and run nothing, name the plugin in the configuration and
// disable it; to forget them, remove its describe.json and reload.
//
// # Supervision
//
// Each process has a supervisor: a loop around a pure step from one [State] to the
// next. A process that dies, or does not come up, is started again after an
// exponential backoff with full jitter. When that has happened more often than its
// restart budget forgives, it is crash looping and only tried now and then; a start
// that no repetition can cure is not tried again by itself. Every change of state is
// logged once, with its cause.
//
// A process whose heartbeats stop gets no callbacks until they are back. It is wedged
// when it does not answer its health check (twice, while the heartbeats come), when its stream stays silent, or when it
// has answered nothing of a command of which callers gave up many calls: it is asked
// for a dump of its goroutines, which goes to the log, and its group is killed.
// Nothing is concluded from what the gateway missed while it was itself held up. A
// process that says of itself that it is unwell is shown as unhealthy in its [Status]
// and keeps its callbacks. Plugins in debug are not watched.
//
// # Changes
//
// Apply, Refresh and the brakes ([Host.Reload], [Host.Rollback], [Host.Restart],
// [Host.Disable], [Host.Enable]) take turns. What replaces something is started beside
// it and given the callbacks when all of it is ready; then OnSwitch is called; then
// what was replaced finishes what it has and is ended. What fails on the way is
// ended again, and what served serves on. Only of an exclusive plugin the old process
// ends first, while its callbacks wait, and comes back if the new one fails.
//
// What a change leaves behind is remembered over the gateway's end: the program that
// serves and the one before, the programs that were given up, and what is disabled.
// When a gateway starts and a file that is new does not come up, what served last is
// run instead.
//
// # Settings
//
// A plugin's settings are held to the JSON Schema that it gives, before it gets
// them; a plugin made with the SDK gets them as a dry run first. What the schema
// marks as writeOnly, and what [PluginConfig] names as Secrets, is replaced by
// "[redacted]" in all that the plugin prints and says, and in [Status].
//
// # Pools
//
// A callback goes to the process that has the fewest. Of one command a plugin has a
// bounded number at once, over all its processes; a further callback waits
// MaxWait for a place and is overloaded then, while other commands notice nothing.
// What a plugin has not answered counts, whether or not somebody still waits.
//
// A callback gets at most one second attempt, inside its deadline. One that may
// come twice (an after-command, or a claim that says idempotent) gets it when its
// process died or its link broke and there is another, and when there is no answer
// after 40 % of the time; any other only when the plugin never got it. What a plugin
// answers is final; only a refusal because its process is about to end is none. Where
// all processes are slow, a tenth of the calls may be made twice, and second attempts
// leave the last quarter of the places to first ones.
//
// A callback that three processes had in hand when they died or hung is parked: it
// is refused with [ErrQuarantined] for as long as the gateway runs.
//
// # Isolation
//
// Between fork and exec the hidden step takes from the process, for good, what the
// plugin's [Isolation] does not leave it, in this order: process group, limits, new
// privileges, Landlock, user. It reports what is in force, which is
// [Status].InForce. What the kernel or the gateway cannot do refuses the start.
//
// # Files
//
// Under the data directory:
//
//	plugins/<name>/describe.json the last good description, what serves and served before
//	plugins/<name>/data/         the plugin's own directory, named by Configure
//	plugins/<name>/programs/<sha256>/<name>
//	                             kept copies: the program that serves, and the one before
//
// The socket directories, 0700 and one for each process, live in RuntimeDir;
// see [Options]. The runtime directory is locked by the gateway that uses it, and it
// and the kept copies are swept when one starts, so that one that was killed leaves
// nothing behind for long. The data directory must be on a file system that may
// execute, but for plugins that run in place.
//
// # Platforms
//
// On Linux a plugin gets a parent-death signal, and its process group is killed
// before its id is given back. Elsewhere neither exists: a plugin whose gateway
// was killed ends by the watchdog of the SDK, and the group is killed just after
// its leader was collected.
package pluginhost
