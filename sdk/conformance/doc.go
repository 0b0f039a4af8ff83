// Package conformance checks that a program is a plugin of the Switchhook
// gateway, whatever language it is written in.
//
// [Verify] starts the program as the gateway does, talks to it as the gateway
// does, well and badly, and returns a [Report]: one verdict a check, with words
// that say what to do. It needs no testing package, so that a test, a command
// line and a gateway can use it alike.
//
// The callbacks that it sends are Tencent's samples, marked as live. They are
// handled for good: give a plugin that reaches out to other systems settings that
// lead to a place for tests.
package conformance
