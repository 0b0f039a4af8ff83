// Package chaos holds no code, but the tests that let plugins misbehave under load:
// the real gateway, real plugin processes, and a ledger of every callback. `make test`
// runs a short form, `make chaos` a long one that also prints what the misbehaviour
// costs the others.
package chaos
