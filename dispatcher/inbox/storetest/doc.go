// Package storetest holds whatever keeps the inbox's callbacks to what package store
// promises, and has a store in memory for the tests of the rooms above.
//
// [Memory] is the plainest store that keeps every promise but one: it ends with its
// process.
package storetest
