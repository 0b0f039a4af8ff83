// Package cli is the command line of Switchhook: one cobra tree, whose leaves
// either start a gateway (serve), talk to a running one over its admin socket
// (plugin ls, route ls, config reload), post a callback to it as Tencent would
// (send), or need nothing but a file (config check, config example, version).
//
// The package knows no gateway. What runs one is handed in as [Program.Serve],
// so that the command line is tested without one and holds no wiring.
//
// Results go to standard output, in words or with --output json; complaints and
// progress go to standard error. The exit code is one of the table in
// [ExitCodes]. docs/cli.md is written from the same tree by [Reference].
package cli

//go:generate go test -run ^TestReference$ -update .
