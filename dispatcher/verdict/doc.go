// Package verdict says in words what Tencent makes of a reply: what becomes of
// the operation or the event, what is wrong, and how to write it right.
//
// [Judge] is the one place that says so: send, dev, doctor and lint-reply differ
// only in where the reply comes from. [JudgeForged] reads the answer to a request
// that had to be refused, and [JudgeAny] one of which nobody knows the command.
//
// The package is pure. It knows neither network nor clock nor command line: what
// came back, and how long that took, is handed in as an [Answer]. What the codes
// and keys of a reply mean is said by the command's row in package imevent.
package verdict
