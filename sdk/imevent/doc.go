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
// Events are plain Go values, and decoding them is lenient, since the bodies that
// arrive differ from the documented samples: a number may be quoted and an
// account may be a bare number (64 bits stay exact), a key may be missing or
// null, a list of one may come without its brackets. A key that an event does not
// name is kept in its Unknown field.
//
// The second half is a table: [Spec] returns a command's [Contract], which says
// when Tencent waits, what it does when no answer comes, which codes and keys it
// reads, and which by itself refuses, checks and merges replies and tells
// duplicates from look-alikes. The gateway decides by this table alone.
//
// Everything here is immutable once loaded and safe for concurrent use. The
// package imports the standard library and package sdk alone.
package imevent
