// Package recent remembers the latest callbacks, so that an operator can be told what
// became of one: when it came, whether its Sign held, what every plugin made of it, and
// what it was answered. It never holds a body, an account, a token or a Sign.
//
// A [Memory] has two rings of a fixed size, made at the start: one of callbacks, one of
// the steps that came after. What is written last takes the place of what was written
// first. Only callbacks whose app and Sign hold may be written, or anybody could push
// the real ones out by asking.
//
// Writing one takes an atomic addition, a lock that 63 of 64 other writers do not want,
// and a copy; it allocates nothing but for the text of a failure, and for a command that
// Tencent does not document. Looking for one goes through a whole ring, an entry at a
// time, and holds no writer up for longer than a copy takes.
//
// A callback takes about 350 bytes, and each of the two steps that there is room for up to
// 420, most of that for the text of a failure: 5 MiB at most for the usual 4096.
package recent
