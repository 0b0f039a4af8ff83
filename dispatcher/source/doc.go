// Package source knows a plugin by its source: it builds the program and notices
// when a file that goes into it has changed.
//
// Changes are found by looking, a few times a second, at the size and the time of
// every file that counts. That needs nothing of the system and works on every
// file system, those of containers and of other machines included, where a
// notification is not sent for what another machine writes. A plugin has some tens
// of files, and looking at them takes less than a millisecond.
package source
