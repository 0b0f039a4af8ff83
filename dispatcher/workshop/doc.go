// Package workshop is where a plugin is worked on: it is built whenever its
// source is saved, and served by a gateway that takes the new program over
// without losing a callback.
//
// [Run] is the work, and [Screen] what its author sees of it: each callback is a
// line, with what Tencent would make of the reply, and what does not build or does
// not come up is shown. The package knows no gateway and no configuration: what
// runs one is handed in with [Options], and it is talked to over its admin
// socket.
package workshop
