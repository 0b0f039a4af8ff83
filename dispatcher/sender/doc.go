// Package sender posts callbacks as Tencent would, or forged on purpose.
//
// A [Callback] is a request that can be posted any number of times, with
// Tencent's parameters in Tencent's order, signed as its [Signing] says. The
// client that [NewClient] makes behaves like Tencent's. A Sign is never part of
// an error or of what is meant to be shown: whoever sees one can forge callbacks
// for a minute.
package sender
