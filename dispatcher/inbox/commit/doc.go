// Package commit puts everything that is to be written at one moment into one
// commit of a [store.Journal]: a commit costs a wait for the disk, whatever is in
// it, so that what arrives during one shares the next. There is no timer; a callback
// that comes alone is written alone, at once.
//
// A [Committer] has one goroutine that writes. Appends wait for it, bounded in
// number; results of deliveries do not wait, and are never lost: those of a failed
// commit are kept and written later, without appends, since what is not accepted can
// still be refused while what was delivered cannot be taken back. While the journal
// is full or fails, appends are refused at once and a probe looks from time to time
// whether it works again, so that it recovers without traffic.
package commit
