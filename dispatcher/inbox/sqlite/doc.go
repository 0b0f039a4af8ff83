// Package sqlite keeps the durable inbox in one SQLite file, inbox.db, with its
// write-ahead log beside it.
//
// All changes go through one connection, in one transaction a batch, and are synced
// before [Store.Commit] returns. Questions are answered over other connections, which
// never wait for a writer. Who opens a folder must hold it alone: a second process on
// the same file is not looked for here.
//
// An event is a row of events, written once. A copy is a row of copies, beside the
// other copies of its event. A queue is a plugin and a command, by whose number copies
// are found: partial indexes hold what waits and what is dead, so that what is done
// costs a question nothing. Each queue's counts are kept in its row, by the
// transaction that changes them.
//
// SQLite does not notice a bit that flips in a row. So events and copies carry a sum
// over all their columns, which is checked wherever a row is read whole, and queues one
// over their names. An entry lost from an index would be a copy that nobody delivers:
// opening compares what the indexes hold with the counts.
//
// A replica ([Options.Replica]) is the same file as a view of a log that is kept elsewhere,
// and that several gateways follow. It changes by [Store.Apply] alone, from which each of
// them makes the same. Its tables replica and blocks, which no other inbox has, say how far
// it has come, and what came from where. It syncs nothing by itself, since the log has it,
// and mends nothing by guess, since the others would not.
package sqlite
