// Package imevent knows the callbacks of Tencent Cloud Chat (IM): what each of
// its 81 documented commands carries, when Tencent sends it, and how it reads the
// answer.
//
// It has two halves. The first is for the authors of plugins: a typed command, a
// typed event and, where Tencent asks for a decision, a typed answer.
//
//	sdk.On(&mux, imevent.SnsPrevFriendAdd, func(ctx context.Context, cb sdk.Callback, ev imevent.SnsPrevFriendAddEvent) (imevent.FriendAnswer, error) {
//		return imevent.Friend.Allow(ev).Reject("mallory", "please ask an administrator"), nil
//	})
//
// Events are plain Go values, and decoding them is lenient and loses nothing, since
// the bodies that arrive differ from the documented samples. A number may be quoted
// and an account may be a bare number (64 bits stay exact); a key may be missing,
// null, or spelt in another case; a list of one may come without its brackets, a
// list with holes as an object, an object encoded twice. What no field is made for,
// or its field cannot hold, is in the event's Unknown, and the body as it came in
// its Raw: see [Object]. Nothing is made up: a time that was not sent is zero
// ([Millis], [Seconds]), and a count or a flag that was not sent is not set ([Opt]).
//
// A body is malformed only when it is no JSON object, nests deeper than 64 levels,
// or when a list of objects holds something else; the error says where, and what was
// expected, and no value. The event of a command that Tencent has just invented is
// read in the same way when it is made with [NewCommand].
//
// Answers come from one value a family, whose methods read as decisions: [Group],
// [C2C], [Invite], [Friend] and others. An answer that another family's command
// would need does not compile; a code out of range is an error of the answer.
//
// The second half is a table: [Spec] returns a command's [Contract], which says
// when Tencent waits, what it does when no answer comes, which codes and keys it
// reads, and which by itself refuses, checks and merges replies and tells
// duplicates from look-alikes. The gateway decides by this table alone.
//
// Everything here is immutable once loaded and safe for concurrent use. The
// package imports the standard library and package sdk alone.
package imevent

//go:generate go run ./internal/methods
//go:generate go test -run ^TestCommandsDocument$ -update .
