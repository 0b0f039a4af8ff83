package imevent

import (
	"errors"
	"fmt"
	"slices"

	"github.com/switchhook/switchhook/sdk"
)

// Friend makes the answers to [SnsPrevFriendAdd] and [SnsPrevFriendResponse].
//
// Tencent wants a verdict on every target of the request, and takes a non-zero
// ErrorCode for a failed backend that lets all of them pass. The answers here are
// therefore made from the event: each target has a verdict from the start, and
// there is no way to set the ErrorCode.
var Friend FriendDecisions

// FriendDecisions is the type of [Friend].
type FriendDecisions struct{}

// FriendRequest is an event that asks about targets: [SnsPrevFriendAddEvent] or
// [SnsPrevFriendResponseEvent].
type FriendRequest interface {
	// Targets returns the accounts in question, each once.
	Targets() []string
	// befriends tells them from other events that name accounts.
	befriends()
}

// Allow returns the answer that lets every target of ev through. Single targets
// can be refused on it; see [FriendAnswer.Reject]. Of an event without targets the
// answer has no verdicts.
func (FriendDecisions) Allow(ev FriendRequest) FriendAnswer { return onEach(ev, 0, "") }

// Reject returns the answer that refuses every target of ev and tells the user
// text.
func (FriendDecisions) Reject(ev FriendRequest, text string) FriendAnswer {
	return onEach(ev, friendCodes.Lowest, text)
}

// onEach returns the answer that gives every target of ev the same verdict.
func onEach(ev FriendRequest, code int, text string) FriendAnswer {
	if ev == nil {
		return FriendAnswer{}
	}
	request := &friendRequest{results: resultsFor(ev.Targets(), code, text), at: make(map[string]int)}
	for i, r := range request.results {
		request.at[r.Account] = i
	}
	return FriendAnswer{request: request}
}

// friendCodes are the ResultCodes that refuse a target.
var friendCodes = CodeRange{38000, 39000}

// FriendAnswer is a verdict on each target of a friend request. Make one with
// [Friend]; the zero FriendAnswer has no verdicts and is an error. A FriendAnswer
// is a value: its methods return a changed copy.
type FriendAnswer struct {
	request *friendRequest
	last    *friendVerdict
	err     error
}

// friendRequest is what all answers to one event share; it is never changed.
type friendRequest struct {
	results []result // what holds where nothing else was said
	at      map[string]int
}

// friendVerdict is a verdict on one target, and those that were said before.
type friendVerdict struct {
	at     int
	result result
	before *friendVerdict
}

// Reject refuses account, which must be a target of the request, and tells the
// user text.
func (a FriendAnswer) Reject(account, text string) FriendAnswer {
	return a.RejectCode(account, friendCodes.Lowest, text)
}

// RejectCode refuses account, which must be a target of the request, and tells the
// user's client code, from 38000 to 39000, and text. An item of the event may have
// no account: then there is nobody to refuse, and the answer stays as it is.
func (a FriendAnswer) RejectCode(account string, code int, text string) FriendAnswer {
	if account == "" || a.request == nil {
		return a
	}
	i, asked := a.request.at[account]
	switch {
	case !asked: // the errors name no account: they end in logs
		a.err = errors.Join(a.err, fmt.Errorf("refuse an account that is none of the request's %d targets", len(a.request.results)))
	case !friendCodes.Contains(code):
		a.err = errors.Join(a.err, fmt.Errorf("refuse target %d of %d with code %d: codes go from %d to %d",
			i+1, len(a.request.results), code, friendCodes.Lowest, friendCodes.Highest))
	default:
		a.last = &friendVerdict{at: i, result: result{Account: account, Code: code, Info: text}, before: a.last}
	}
	return a
}

// Reply returns code 0 with one ResultItem per target. The error is a verdict on
// somebody who was not asked about, a code out of range, or an answer that was
// not made from the event.
func (a FriendAnswer) Reply() (sdk.Reply, error) {
	switch {
	case a.err != nil:
		return sdk.Reply{}, a.err
	case a.request == nil:
		return sdk.Reply{}, errors.New("empty friend answer: start from imevent.Friend.Allow or Reject with the event")
	}
	results := slices.Clone(a.request.results)
	said := make(map[int]bool)
	for v := a.last; v != nil; v = v.before {
		if !said[v.at] {
			said[v.at] = true
			results[v.at] = v.result
		}
	}
	return resultsReply(results), nil
}
