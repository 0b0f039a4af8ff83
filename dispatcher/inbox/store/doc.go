// Package store says what the durable inbox asks of whatever keeps its callbacks:
// the vocabulary, and the [Store] interface in its words.
//
// The inbox keeps events. Each plugin that an event is for has a [Copy] of its own,
// which is [Ready] at first, may wait for another attempt ([Retry]), and ends as
// [Done] or [Dead], where an operator may have it tried again or [Dropped]. An event
// and a plugin name a copy; nothing else does, so that a store may be rows in a table
// or the consumers of a stream.
//
// What changes comes as a [Batch], which counts as a whole or not at all.
//
// Package storetest holds an implementation to all that is promised here.
package store
