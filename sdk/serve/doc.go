// Package serve is what a plugin's main calls.
//
//	func main() {
//		var mux sdk.Mux
//		sdk.On(&mux, imevent.SnsBlackListAdd, store.add)
//		serve.Plugin{Name: "blacklist", Version: "1.0.0", Mux: &mux, Config: &cfg, Start: store.open, Close: store.close}.Run()
//	}
//
// The life of a plugin process: the gateway starts it, asks what it is, and hands
// it its settings. Start runs, then callbacks come, many at once, until the
// gateway or SIGTERM ends it: later callbacks are refused, those under way are
// finished, Close runs, and the process exits.
//
// A handler that panics fails its own callback alone; the stack goes to the log.
// A panic in a goroutine of the plugin's own ends the process, and the gateway
// starts a new one.
//
// # Debugging
//
// A plugin that is started by hand with the path of a file in SWITCHHOOK_ATTACH
// (under a debugger, most likely) waits for a gateway instead of being started by
// one: it listens on a socket beside the file, which only its user can reach,
// writes into the file where that is, and runs until SIGINT. A gateway that was
// started with --reattach NAME=FILE comes to it, and comes back when the plugin
// was started again. Each time, Config has its defaults again (what encoding/json does not reach, such
// as unexported fields, is copied as an assignment does) and Start runs; when
// the gateway leaves, Close does; as long as a handler or Start has not returned,
// no other gateway is let in. Nothing then asks for health or sets the
// handlers a deadline shorter than ten minutes.
//
// # Logs
//
// Whatever a plugin writes to stderr becomes a line of the gateway's log, and
// prints to stdout are sent to stderr. The logger in [Env], slog.Default and the
// log package write one JSON object a line:
//
//	{"time":"2026-01-02T15:04:05.678Z","level":"INFO","msg":"blacklist opened","rows":3}
//
// where time is RFC 3339, level is DEBUG, INFO, WARN or ERROR or slog's name of one in
// between, msg is the text, and every further key is an attribute. The gateway reads
// such lines into its own log, each attribute with its type, and takes any other line
// as text. The operator chooses the least level that is logged, which the environment
// variable SWITCHHOOK_LOG_LEVEL tells the plugin.
//
// Never log an account or a text of a callback. An error that a handler returns, or a
// panic, may say whom it is about: the gateway takes out what its text repeats of the
// body before it logs it.
package serve
