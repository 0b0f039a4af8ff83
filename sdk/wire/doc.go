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
// long ago: the places taken are the work that the plugin really has. A [Place]
// lets the gateway bound that work by its own measure.
//
// A call that the plugin cannot have got says so with [ErrNotSent]: it was refused
// here, or was still queued when its caller gave up or the stream broke. What the
// writer has taken counts as sent, whether or not gRPC got rid of it.
//
// A plugin may be broken or hostile. What it answers twice, or unasked, is counted
// and dropped; a message that is too large or no message breaks the link, with a
// reason, and nobody waits longer than his context.
package wire
