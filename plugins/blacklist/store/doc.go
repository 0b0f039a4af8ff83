// Package store keeps each app's blacklist in one SQLite file.
//
// A row is one pair of accounts and the last thing said about it. Callbacks may
// arrive twice and in any order; a row is last-writer-wins by (At, CallbackID),
// and a removal leaves a tombstone rather than a hole, so that every order of
// the same callbacks ends in the same table.
//
// Several processes may have the file open at once, as they do while a plugin is
// swapped: the file is in WAL mode, every write takes the lock before it reads,
// and the schema only ever grows, so that an older build keeps working on it.
// The file must lie on a local disk; WAL does not work over a network.
package store
