// Package durable puts small files, and the names of files, where a power cut does
// not take them: on the disk, before it returns. Errors name the path and are the
// operating system's own; the caller says what was being kept.
package durable
