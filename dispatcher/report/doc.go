// Package report is how the tools of the command line say what they found: one
// vocabulary for people and for machines, whichever tool speaks.
//
// A check ends in a [Finding], whose result is ok, warn or fail. What comes from
// elsewhere is shown so that it can neither paint a terminal nor fill it, see
// [Clip], [Line] and [Visible]. A time is a number of milliseconds for machines,
// see [Milliseconds], and a duration for people, see [Round].
package report
