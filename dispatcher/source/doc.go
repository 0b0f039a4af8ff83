// Package source knows a plugin by its source: it builds the program and notices
// when a file that goes into it has changed.
//
// What goes into it is asked of the go command at every build: the packages that
// the program imports, wherever they lie, but for those that come with Go or from
// the module cache, which nobody writes to; what they embed; and the go.mod files
// of their modules.
//
// Changes are found by looking, a few times a second, at the size and the time of
// every file that counts. That needs nothing of the system and works on every
// file system, those of containers and of other machines included, where a
// notification is not sent for what another machine writes. A plugin has some tens
// of files, some hundreds with a checkout of the SDK, and looking at them takes a
// millisecond or two.
package source
