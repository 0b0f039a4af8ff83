// Package cli is the command line of Switchhook: one cobra tree, whose leaves
// either start a gateway (serve), talk to a running one over its admin socket
// (plugin ls, plugin reload, route bypass, inbox status, config reload), post callbacks as Tencent would to it or
// to any other endpoint (send, doctor), or need nothing but a file (lint-reply,
// verify-sign, config check, config example, version).
//
// What Tencent makes of a reply is said in one place, package verdict: send, dev,
// doctor and lint-reply differ only in where the reply comes from.
//
// The package knows no gateway. What runs one is handed in as [Program.Serve],
// so that the command line is tested without one and holds no wiring.
//
// Results go to standard output, in words or with --output json; complaints and
// progress go to standard error. The exit code is one of the table in
// [ExitCodes]. docs/cli.md is written from the same tree by [Reference].
package cli

//go:generate go test -run ^TestReference$ -update .
