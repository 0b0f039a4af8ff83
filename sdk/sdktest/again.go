package sdktest

import (
	"testing"

	"github.com/switchhook/switchhook/sdk"
)

// Again delivers the callback of an earlier Decision once more, as the inbox does with
// an event: as [sdk.Live] after an attempt of which nobody knows what came of it, as
// [sdk.Replay] because an operator wants it, as [sdk.DryRun] to learn what would be
// answered. ID, Key, ReceivedAt and Body stay the same; but for a dry run Attempt is
// one more, and Redelivered is set. Traceparent is empty, since another attempt has
// another one. What the handler keeps must then be as after the first time:
//
//	first := link.Decide(t, "Sns.CallbackBlackListAdd", nil).Acknowledged()
//	link.Again(t, first, sdk.Live).Acknowledged()
//
// A plugin that does not name the purpose in its Accepts fails as unsupported. A bare
// [Handler] accepts every one.
func (s *Sender) Again(tb testing.TB, earlier *Decision, as sdk.Purpose) *Decision {
	tb.Helper()
	cb := earlier.cb
	cb.Purpose, cb.Traceparent = as, ""
	if as != sdk.DryRun {
		cb.Attempt, cb.Redelivered = cb.Attempt+1, true
	}
	reply, err := s.Deliver(tb.Context(), cb)
	return Judge(tb, cb, reply, err)
}
