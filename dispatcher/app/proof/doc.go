// Package proof holds no code, but the tests that what the gateway has accepted is
// never lost: the real gateway and real plugin processes, killed, cut off from power,
// out of disk and out of plugins, and the client's own list of what was accepted.
//
// Each prints one line that begins with PROOF, for machines. `make test` runs a short
// form, `make soak` a long one.
package proof
