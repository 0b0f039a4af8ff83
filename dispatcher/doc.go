// Package dispatcher is the core of the gateway: it knows which plugins a
// callback belongs to, asks them, and turns whatever happens into an answer that
// Tencent reads as meant.
//
// A [Table] is built from a [Blueprint] (apps, routes of the configuration,
// claims of the plugins), never changes, and is swapped as a whole. [Dispatch]
// answers one live callback by it: a chain of decisions for a before-command, a
// copy for every claimant of an after-command, and the route's policy where an
// answer is missing. Where there is somewhere to store it ([Options.Accept]), an
// after-command is answered once its copies are stored. [Dispatcher.Deliver] is one
// attempt at one plugin, for whoever keeps callbacks and tries again.
//
// The package knows no HTTP, no process and no disk; those are rooms of their own.
package dispatcher
