// Package gateway is the HTTP front of Switchhook: it lets in what an app of the
// operator's really sent, reads it once, and writes the answer.
//
// # The order of checks
//
// The order is fixed, so that what a stranger can learn or make the gateway do
// is plain. Each step answers for itself:
//
//  1. Method and path: 404, or 405 with Allow. The one exception is the console
//     probe below, of which the method does not matter.
//  2. The query can be read, and names SdkAppid, CallbackCommand, Sign and
//     RequestTime at most once each: else 403.
//  3. The app is configured: else 403.
//  4. Sign and RequestTime are both there; RequestTime is decimal and within the
//     window around now; the Sign is one of the app's tokens' (every token is
//     tried, in constant time): else 403. An app without tokens that is marked
//     insecure skips this step. A RequestTime with the right Sign shows in
//     switchhook_request_clock_skew_seconds, also where it is stale.
//  5. The command is a plausible name: else 400.
//  6. Content-Length, Content-Encoding, then the body itself: within the limits,
//     there in time, one JSON object, not too deep, CallbackCommand at most once.
//
// Every 403 has the same body; the reason is in
// switchhook_auth_failures_total{reason} alone. A Sign covers neither body nor
// command, and all callbacks of one second share it, so there is no memory of
// Signs seen: it could only refuse honest callbacks.
//
// From step 6 on the sender is known, and a before-command must be answered by
// policy rather than by a status: Tencent takes any failure as leave to go on.
// What cannot be read is therefore offered to Options.Decline first.
//
// # What a body may hold
//
// Invalid UTF-8 is let through, and so are duplicate keys other than
// CallbackCommand. Both are for the plugin to judge: if they made a body
// unreadable here, a chat user could switch moderation off for a message of his
// by putting a broken byte into it. The bytes that reach a plugin are the bytes
// that Tencent sent.
//
// # The console probe
//
// Tencent's console may try a new URL with little more than Sign and
// RequestTime. A request to the callback path that names neither app nor command
// is such a probe: its method and body are ignored, its Sign is tried against
// the tokens of every app, and a good one gets a plain OK. It is counted in
// switchhook_console_probes_total. Where no app has a token nothing can prove a
// probe, and it is refused: apps without tokens are for development, which the
// console does not reach.
package gateway
