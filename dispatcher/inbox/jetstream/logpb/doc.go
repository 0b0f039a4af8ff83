// Package logpb holds log.proto, the form in which gateways that share an inbox write
// its changes to their log, and the code that `make generate` makes from it.
package logpb
