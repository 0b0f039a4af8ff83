// Package wire is the link between the gateway and a plugin process: both ends
// of the protocol in wirepb/plugin.proto, and nothing that starts or watches
// processes.
//
// [Client] is the gateway's end and is itself an sdk.Handler: whoever holds one
// need not know that the handler lives in another process. [Server] is the
// plugin's end and calls an sdk.Handler. Plugin authors meet neither: package
// serve runs a Server for them.
//
// A callback travels alone (Handle) or, at half of the cost, as a frame of a
// stream (HandleStream). There is one stream a lane: what a user waits for never
// stands behind a large report. Each end of a stream has a writer that puts
// whatever is queued into one message, and a reader that never waits for a
// handler, so a handler that hangs holds up nobody but itself.
//
// Every queue is bounded, and a full one refuses at once as overloaded. A call
// holds its place until the plugin has answered it, even when its caller gave up
// long ago: the places taken are the work that the plugin really has.
package wire
