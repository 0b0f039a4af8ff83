// Package cluster is all that speaks to NATS for gateways that share an inbox: it
// keeps their log, hands it to each of them in order, and says how the cluster is.
//
// The log is a stream. What one [Cluster.Append] takes is one entry of it: written to
// as many disks as the stream has replicas before it returns, and read by every
// gateway's [Cluster.Follow], those that were away included. An entry's mark is the
// sequence of its last message; marks rise, and are not consecutive.
//
// Streams are made when they are missing and compared when they are not. Nothing that
// exists is ever altered: what differs is listed, and the operator decides.
package cluster
