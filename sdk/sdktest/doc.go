// Package sdktest drives a plugin from its author's tests: the same handlers,
// behind the same link that the gateway uses, in the test's process or, with
// [Options].Process, in one of its own.
//
//	link := sdktest.Start(t, newPlugin())
//	link.Decide(t, "Group.CallbackBeforeSendMsg", nil).Rejected(10100)
//	link.Decide(t, "Sns.CallbackFriendAdd", sdktest.With("PairList.0.From_Account=alice")).Acknowledged()
//
// Where only the decision matters, [Handler] takes a mux and needs no plugin.
//
// What Tencent would misread fails in the test: a refusal code outside the
// command's range, a reply key that it does not know.
package sdktest
