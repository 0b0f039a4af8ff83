// Package inbox keeps after-callbacks until every plugin they are for has handled
// them: what [Inbox.Accept] has accepted is on disk, and neither a dead plugin nor a
// dead gateway nor a power cut loses it.
//
// Three rooms stand below it. Package store says what is kept and holds the
// interface to it; package commit puts everything that is to be written at one
// moment into one transaction; package courier makes the deliveries: at least once,
// with retries, limits and order. This package joins them, says when there is room,
// lets go of what has been handled, and answers the operator.
//
// An event's way: [Inbox.Accept] waits for the commit that has it, and its sender is
// answered. The same commit hands it to the courier, in memory; only after a restart,
// or where more waits than the memory holds, is the store read. Each attempt's result
// goes into a later commit: done, to be tried again at a time, or dead. What every
// plugin has had is let go of when it is old, or when room is needed.
//
// What an operator changes (replays, drops, moves of a plugin's copies) is done on the
// goroutine that commits, between two commits. What is counted obeys the law in
// counts.go.
//
// Before-callbacks never come here.
package inbox
