// Package jetstream keeps the durable inbox on a NATS JetStream cluster, for gateways that
// share it.
//
// What they share is a log of changes. A commit is one entry of it, durable as soon as the
// cluster has acknowledged it. Each gateway applies the log, from its beginning and in its
// order, to a view of its own: the SQLite store as a replica. Since an entry carries all that
// its outcome depends on, the clock by which duplicates are told included, each view numbers
// the same events the same way, and answers as the others do. [Store.Commit] returns once the
// view has applied its entry, so that whoever commits reads what they have written.
//
// A view is never the truth, and needs no care: one that is lost, unreadable, or so far behind
// that the log has let go of what it lacks is made anew from the latest snapshot, which is a
// backup of some gateway's view, and from the log behind it.
//
// Events are handed out among the gateways by the cluster's consumers; see [store.Handout].
package jetstream
