// Package config reads the gateway's one file: loads it, checks it, and explains
// what is wrong with it, all in one go.
//
// [Load] is strict. An unknown key, a wrong type, a value out of bounds, two keys
// that contradict each other: each becomes a [Problem] with file, line, column
// and key, and what would be allowed. A file with a problem is not used at all.
// What is merely suspicious is a warning, see [File].
//
// Every key has a default, see [Default]; [Example] is the complete file with a
// word on each. Relative paths in the file are relative to the file's folder.
// Tokens and the plugins' own settings may say ${NAME} for a variable of the
// environment and ${file:/path} for the content of a file, and $${ for "${". Their
// values are never part of an error.
//
// The package knows the file and nothing of those who use it: app turns a [File]
// into the Options of the other rooms.
package config
