// Package share has several gateways deliver from one store: it stands between the courier
// and a [store.Shared], which hands copies out.
//
// What is delivered without an order comes by claims. For each plugin that this gateway
// serves, about as many copies are claimed as the courier has use for, and it reads those
// alone. A claim is kept for as long as copies of it have no result, and given back where
// the plugin cannot be served here any more, or the gateway ends. A gateway that dies, or
// that is cut off for long, keeps nothing, so that others are handed what it had.
//
// What is delivered in an order comes from the store itself, as in a gateway that is alone:
// to the one that holds the plugin's baton. Another that serves the plugin waits for it.
//
// One gateway of all is the keeper, by a baton as well. It offers what an attempt has left
// for later, once it is due, and what was forgotten: a copy that waits, though all that was
// ever handed out up to a place behind it is settled. So nothing depends on an offer that
// got lost, nor on who died when.
//
// What is true is what was committed. A claim says who is to deliver, and not who may: a
// copy may be delivered twice where a gateway was cut off, and is never forgotten.
package share
