package pool

import "sync/atomic"

// thrift bounds the second attempts at calls of a command that are slow. Where one
// process of several hangs, all that it has is due at once, which is at most about
// half of the places: so many may be made on credit. Where all are slow, each second
// attempt makes them slower: then there is one for every ten calls, and no more.
//
// The zero thrift has all of its credit.
type thrift struct{ owed atomic.Int64 }

const (
	// callsForSecond is how many calls pay for a second attempt.
	callsForSecond = 10
	// creditShare is the part of the places that may be owed.
	creditShare = 2
)

// earn is a call's part of a second attempt. Of those that come at the same moment
// one may be lost, which is no harm.
func (t *thrift) earn() {
	if owed := t.owed.Load(); owed > 0 {
		t.owed.CompareAndSwap(owed, owed-1)
	}
}

// spend takes a second attempt, or reports that none is left. A command has at least
// one on credit, however few its places are.
func (t *thrift) spend(places int64) bool {
	credit := callsForSecond * max(1, places/creditShare)
	for {
		owed := t.owed.Load()
		if owed+callsForSecond > credit {
			return false
		}
		if t.owed.CompareAndSwap(owed, owed+callsForSecond) {
			return true
		}
	}
}

// refund gives back what was taken for a second attempt that is not made.
func (t *thrift) refund() {
	for {
		owed := t.owed.Load()
		if t.owed.CompareAndSwap(owed, max(0, owed-callsForSecond)) {
			return
		}
	}
}
