// Package pluginhost runs the handler plugins: separately compiled programs
// that the gateway starts, watches, replaces and stops.
//
// A [Host] keeps one process for each plugin. A start takes a private copy of
// the program, checks its hash while copying, and executes that copy through
// the hidden step [ExecPlugin], which ties the process to the gateway's life.
// The process then has to go through handshake, Describe, Configure, health
// and stream before it counts as ready; only then do callbacks reach it. When
// it dies it is started again after an exponential backoff with full jitter.
//
// [Host.Handler] is what the dispatcher calls. It is usable at any time, and
// while no process is ready it answers at once with an unavailable fault: the
// callback path never waits for a start. What a plugin claims outlives its
// process, and the gateway's: the last good description is kept under the data
// directory, so that a claimed command is never mistaken for an unknown one.
//
// # Files
//
// Under the data directory:
//
//	exec/                        private copies of running programs (0700)
//	plugins/<name>/describe.json the last good description
//	plugins/<name>/data/         the plugin's own directory, named by Configure
//
// The socket directories, 0700 and one for each process, live in RuntimeDir;
// see [Options]. Both exec/ and the runtime directory are locked by the gateway
// that uses them and swept when it starts, so that one that was killed leaves
// nothing behind for long.
//
// # Platforms
//
// On Linux a plugin gets a parent-death signal, and its process group is killed
// before its id is given back. Elsewhere neither exists: a plugin whose gateway
// was killed ends by the watchdog of the SDK, and the group is killed just after
// its leader was collected.
package pluginhost
