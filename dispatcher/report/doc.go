// Package report is how the tools of the command line say what they found: one
// vocabulary for people and for machines, whichever tool speaks.
//
// A check ends in a [Finding], whose result is ok, warn or fail. What comes from
// elsewhere is shown so that it can neither paint a terminal nor fill it, see
// [Clip], [Line] and [Visible].
//
// In what is printed for machines `ok` is true or false of the whole, `result` is
// the [Grade] of a part, and each time is a number of milliseconds under a name
// that ends in _ms, such as `took_ms`, see [Milliseconds]. For people it is a
// duration, see [Round].
package report
