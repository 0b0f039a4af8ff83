// Package wirepb holds plugin.proto, the protocol between the gateway and its
// plugins, and the code that `make generate` makes from it. Nothing but package
// wire imports it.
package wirepb
