// Package clusterproof holds no code, but the tests that nothing which any of several
// gateways has accepted is lost, whatever fails of the cluster that they keep their inbox
// in, or of themselves: real gateways, real plugins, three real NATS servers that sync
// every write, and the client's own list of what was accepted.
//
// Each fault prints one line that begins with PROOF, for machines:
//
//   - accepted, delivered and lost count events, duplicates deliveries of one that was
//     delivered before;
//   - refused are the answers that said no. The client sent those again, as Tencent does,
//     to the next gateway. To unanswered it got none, and did not send them again;
//   - recovered_ms is from the fault until an event was accepted after the last that was
//     refused, 0 where none was, and gap_ms the longest time in which none was accepted;
//   - drained_ms is from the fault until the last of its events was delivered;
//   - decided are the decisions that were asked for meanwhile, all of which were taken.
//
// `make test` runs a short form, `make soak` a long one.
package clusterproof
