// Package scaffold writes the first files of a plugin: a program that builds, is
// formatted, vets, lints and passes its own test before its author has written a
// line.
//
// [NewPlan] looks at what is wanted and finds every mistake in it without touching
// a file; [Plan.Write] writes. Inside the repository of Switchhook the plugin
// becomes plugins/<name> of its module. Everywhere else it becomes a module of its
// own, which requires a version of this module or is joined to a checkout of it.
package scaffold
