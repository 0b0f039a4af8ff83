// Package logging is the last room that a line passes on its way out of the
// gateway: it counts lines by level, and keeps a flood of lines that are alike from
// burying the others.
//
// Lines are alike when they have the same level and message and are about the same
// plugin and command, as their attributes "plugin" and "command" say. Messages are
// constant and plugins are the operator's; a command that the catalogue does not have
// counts as any other. So nothing that a request or a plugin says makes the handler
// remember more.
//
// Some lines have a message that is not the gateway's. What a plugin printed is known by
// the attribute "stream", which names where it came from, and what net/http says of a
// connection by "listener". Such lines are alike when they are of the same plugin or
// listener and at least as grave as the same one of the four levels.
//
// A burst of lines passes, and then so many a second. What is left out is told every
// [Options.Every]: one line for each kind, with how many there were and since when. A
// line that comes alone always passes.
package logging
