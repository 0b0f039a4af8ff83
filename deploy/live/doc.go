// Package live runs what an SRE loads from deploy/ against a gateway that runs:
// the real program with real plugins, scraped by Debian's Prometheus once a
// second, its alerts sent by Debian's Alertmanager to a receiver on loopback.
//
// A Stand is all of these. Drive makes every outcome happen to it and keeps a
// Ledger of what it sent. A Checker then asks the Prometheus every Question of
// every panel, variable, annotation and rule: it parses, each selector in it
// matches, the answer is not empty and has a finite value, and its legend's
// labels are there. The tests compare values with the ledger.
//
// A Fleet is gateways that share an inbox on a NATS cluster, watched alike. Its
// tests own the cluster, and kill its nodes.
//
// Everything listens on loopback, at ports that the system chooses; nothing is
// left behind by a Stand that was closed.
package live
