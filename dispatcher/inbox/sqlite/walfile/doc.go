// Package walfile reads the write-ahead log of a SQLite database, and says what
// SQLite would silently leave out of it.
//
// When SQLite opens a database after a crash, it takes the frames of the log up to
// the first that fails its checksum, and drops the rest. That is right for the end of
// a log that a crash has torn, and it says nothing where a damaged disk has broken a
// frame in the middle: the transactions behind it, each of them synced and
// acknowledged, are gone without a word. [Examine] tells the two apart. It has to be
// asked before SQLite opens the database, which resets the log.
//
// # The format
//
// Sources: https://www.sqlite.org/fileformat2.html, section 4, and
// https://www.sqlite.org/walformat.html. A header of 32 bytes is followed by frames
// of 24 bytes and a page. Every number is big-endian.
//
//	header  0 magic 0x377f0682, or …83 for big-endian checksums    4 version 3007000
//	        8 page size   12 checkpoint sequence   16 two salts    24 checksum of 0 to 24
//	frame   0 page number    4 size of the database in pages in a transaction's last frame
//	        (a commit frame), else 0    8 the header's salts    16 checksum
//
// A frame's checksum continues that of the frame before it (of the header, for the
// first one) over its own first 8 bytes and its page. After a checkpoint SQLite
// begins again at the file's start, with the first salt increased by one and a new
// second one; what is left of the older generation has the older salts.
//
// # What proves loss
//
// With synchronous=FULL and one writer, SQLite syncs the header before it writes the
// first frame behind it, and syncs the log at the end of each transaction before it
// begins the next. So at most one transaction, the last, is not known to be on disk.
// What a power cut, an interrupted write or a failed commit leaves of it may be
// anything: later frames there and earlier ones not, its commit frame included, and
// over the remains of a longer transaction that had failed in the same place. None of
// it was acknowledged, and none of it is loss.
//
// Loss is proven by a whole transaction behind the end of a broken one: a commit frame
// at the first broken frame or behind it (the end of the transaction that it belongs
// to), followed by frames that each continue the checksum stored in the one before,
// up to another commit frame. A writer has only written
// them after the broken transaction was synced. The remains of failed commits cannot
// look like that, since each attempt continues the checksum of the last commit that
// succeeded. Where the header is what is broken, one whole transaction is enough.
//
// What cannot be told: damage within the log's last transaction looks like a torn
// one. And a process that was killed between its write and its sync leaves a
// transaction that the next process takes up without syncing it: sync the log before
// it is opened again.
package walfile
