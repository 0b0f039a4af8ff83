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
// Before-callbacks never come here.
package inbox
