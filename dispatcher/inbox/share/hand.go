package share

import (
	"slices"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// hand is what this gateway has in hand of one plugin. It is under the share's lock.
type hand struct {
	plugin string
	wake   chan struct{} // takes one: there may be an appetite
	copies map[uint64]*held
	// order are the events of copies, sorted unless mixed; some may be in hand no more.
	order []uint64
	mixed bool
	// counts counts copies by command.
	counts map[string]int
	// settled are the events that have got a result while a claim was waited for, and the
	// attempts that it counts: a copy that was read before has fewer.
	settled map[uint64]int
	taking  int
	// unserved says since when a command that is in hand cannot be served.
	unserved map[string]time.Time
}

// held is a copy in hand.
type held struct {
	claim *claim
	copy  store.Copy
	size  int64
	read  bool // its body is here
}

// claim is a claim in hand.
type claim struct {
	store.Claim
	plugin string
	left   int       // copies that have no result
	kept   time.Time // it lasts for its span from then on
}

func newHand(plugin string) *hand {
	return &hand{
		plugin: plugin, wake: make(chan struct{}, 1), copies: map[uint64]*held{}, counts: map[string]int{},
		unserved: map[string]time.Time{},
	}
}

func (h *hand) add(c *held) {
	seq := c.copy.Event.Seq
	h.mixed = h.mixed || len(h.order) > 0 && seq <= h.order[len(h.order)-1]
	h.order = append(h.order, seq)
	h.copies[seq] = c
	h.counts[c.copy.Event.Command]++
}

// remove takes a copy out of hand; nil where it is not there.
func (h *hand) remove(seq uint64) *held {
	c := h.copies[seq]
	if c == nil {
		return nil
	}
	delete(h.copies, seq)
	command := c.copy.Event.Command
	if h.counts[command]--; h.counts[command] == 0 {
		delete(h.counts, command)
		delete(h.unserved, command)
	}
	return c
}

// after are the events in hand that come after seq, in order.
func (h *hand) after(seq uint64) []uint64 {
	if h.mixed || len(h.order) > 2*len(h.copies)+64 {
		h.order = slices.DeleteFunc(h.order, func(seq uint64) bool { return h.copies[seq] == nil })
		slices.Sort(h.order)
		h.order, h.mixed = slices.Compact(h.order), false
	}
	at, _ := slices.BinarySearch(h.order, seq+1)
	return h.order[at:]
}
