package store

import (
	"strings"
	"time"
)

// Line is what is delivered together: the copies that one plugin has of these
// commands.
type Line struct {
	Plugin   string
	Commands []string
}

// WaitingQuery asks for the copies of a line that wait, in the order of Seq.
type WaitingQuery struct {
	Line
	// After leaves out what comes up to and including this Seq.
	After uint64
	// Retries includes those in state Retry, due or not; without it they are left out.
	Retries bool
	// Limit bounds the copies, and MaxBytes the sum of their bodies, beyond which no
	// further copy is added; the first is always there.
	Limit    int
	MaxBytes int64
}

// DueQuery asks for the copies of a line in state Retry whose time has come, the
// longest due first.
type DueQuery struct {
	Line
	Now time.Time
	// Latest is after the last attempt that can be due: a copy that is due later than
	// that got its time from a clock that was wrong, and is due now. Zero for no such.
	Latest   time.Time
	Limit    int
	MaxBytes int64
}

// Filter chooses copies. A zero field chooses all.
type Filter struct {
	// Command is a command, the beginning of one with "*" at its end, or "*".
	App, Command, Plugin, ID, Key string
	// Since and Until bound ReceivedAt: from Since on, and before Until.
	Since, Until time.Time
	// States are the states to choose.
	States []State
	// Reason chooses dead letters by why they are.
	Reason Reason
}

// Covers reports whether the filter's Command chooses a command.
func (f Filter) Covers(command string) bool {
	head, open := strings.CutSuffix(f.Command, "*")
	return f.Command == "" || f.Command == command || open && strings.HasPrefix(command, head)
}

// ScanQuery asks for a page of copies.
type ScanQuery struct {
	Filter
	// Newest begins with the latest event; else the oldest comes first.
	Newest bool
	// After continues where the Next of an earlier page left off; nil begins.
	After *Cursor
	// Limit bounds the copies of the page.
	Limit int
	// Bodies includes the bodies; without it Event.Body is nil, and no checksum is
	// looked at.
	Bodies bool
}

// Cursor is a place in a scan.
type Cursor struct {
	Seq    uint64
	Plugin string
}

// Page is a part of a scan's answer, in the order of Seq and, for one event, of
// Plugin. What is accepted while a scan goes on may or may not be in it; what
// matches all the while is in it once.
type Page struct {
	Copies []Copy
	// Next is where the rest begins; nil at the end. A page may be short, or even
	// empty, and have a Next: a scan gives way after a bounded amount of work.
	Next *Cursor
}

// Queue is what one plugin has of one command.
type Queue struct {
	Plugin, Command string
	// Ready, Retry, Done, Dead and Dropped count its copies by state.
	Ready, Retry, Done, Dead, Dropped int64
	// Oldest is when the oldest waiting copy was received; zero where none waits.
	Oldest time.Time
}

// Waiting is how many copies are still to be delivered.
func (q Queue) Waiting() int64 { return q.Ready + q.Retry }

// Stats is the store at a glance. It is cheap enough for every scrape.
type Stats struct {
	// Queues are sorted by plugin and command; those without copies are left out.
	Queues []Queue
	// Events counts the events that are kept.
	Events int64
	// LastSeq is that of the latest event, 0 before the first.
	LastSeq uint64
	// SizeBytes is what the store takes of MaxBytes, beyond which appends are
	// refused; freed room inside its files is not counted.
	SizeBytes, MaxBytes int64
	// DiskFreeBytes is what the file system has left; -1 where nobody knows.
	DiskFreeBytes int64
	// Unclean says that the store was opened after a stop that was not clean, after
	// [Leaver.Leave], or from a backup: a copy that was there then may have been handed out, and its result lost.
	Unclean bool
	// Loss is what was found missing when the store was opened; nil for nothing.
	Loss *Loss
}

// Loss is damage that was found after an unclean stop, or what an opening has not found
// where it was.
type Loss struct {
	// At is when it was found.
	At time.Time
	// Commits counts the commits that were written and cannot be read any more, as
	// far as can be told.
	Commits int
	// Detail says what was found, Aside where the damaged files were copied to.
	Detail, Aside string
	// Left counts unfinished copies that nothing is wrong with: they are in Aside, where nobody
	// delivers them. Where it is not 0, nothing is damaged.
	Left int64
}

// Retention says which finished events may go.
type Retention struct {
	// Before lets go of events received earlier than this.
	Before time.Time
	// MaxBytes lets go of the oldest until SizeBytes is below it; 0 for no bound.
	MaxBytes int64
	// Limit bounds the events of one call, so that it never holds up a commit long.
	Limit int
}

// Trimmed is what a trim did.
type Trimmed struct {
	Events int
	Bytes  int64
	// More says that the limit ended it.
	More bool
}

// Subscription says that a plugin wants the events of a pattern from a time on. It
// lasts until it is removed, whatever becomes of the plugin.
type Subscription struct {
	Plugin, Pattern string
	// Since is from when on it wants them.
	Since time.Time
}
