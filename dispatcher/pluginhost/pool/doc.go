// Package pool is a plugin's place in the routing table: the handler that stays the
// same while processes behind it come and go.
//
// A [Pool] sends each callback to the process that has the fewest, bounds what a
// plugin may have of one command, gives a callback that may come twice a second
// attempt, has callbacks wait for a process that is about to come, and leaves out a
// callback that has ended too many processes. An [Intake] is the door of one process:
// it counts what the process has, until that is through with it.
//
// What it sends nothing to, and when, is its owner's to say: the supervisors publish,
// eject and withdraw processes.
package pool
