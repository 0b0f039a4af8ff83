package store

import (
	"time"

	"github.com/switchhook/switchhook/sdk"
)

// Batch is what one commit makes durable, all of it or nothing: appends first, then
// results, requeues and drops, each in their order.
type Batch struct {
	Appends  []Append
	Results  []Result
	Requeues []Requeue
	Drops    []Drop
}

// Append is a new event with a copy for each plugin.
type Append struct {
	// Event is the event; its Seq is set by the commit, and left 0 for a duplicate.
	Event Event
	// Plugins get a copy each. There is at least one, and none twice.
	Plugins []string
	// Once is set where Event.Key proves the occurrence: another append of the same
	// key, with Once, within the store's window is then a duplicate and not stored.
	// The window begins with the one that was stored, and a restart does not end it.
	Once bool
	// Duplicate is set by the commit.
	Duplicate bool
}

// Result is what an attempt at a copy has led to. A result for a copy that does not
// exist, or is not waiting any more, changes nothing.
type Result struct {
	Plugin string
	Seq    uint64
	// State is Retry, Done or Dead.
	State State
	// Attempts is the new count.
	Attempts int
	// At is when the attempt ended, DueAt when the next one is due (Retry).
	At, DueAt time.Time
	// Reason and Error say why not (Retry, Dead).
	Reason Reason
	Error  string
	// Changed is set by the commit: the copy was waiting.
	Changed bool
}

// Requeue makes a copy ready: one that was done or dead, or a new one where the
// plugin has none of that event. A copy that waits already stays as it is. The count
// of attempts stays; FirstAt, DueAt, Reason and Error are forgotten.
type Requeue struct {
	Plugin  string
	Seq     uint64
	Purpose sdk.Purpose
	// Command is the event's, for whoever delivers it: the store neither needs nor
	// checks it. Empty has all of the plugin's commands looked at.
	Command string
	// OnlyNew leaves a copy that exists as it is, whatever its state.
	OnlyNew bool
	// Queued is set by the commit: the copy was not waiting before, and is now.
	Queued bool
}

// Drop lets go of a dead letter; of any other copy it changes nothing.
type Drop struct {
	Plugin string
	Seq    uint64
	// Dropped is set by the commit.
	Dropped bool
}
