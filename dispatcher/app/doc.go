// Package app joins the rooms of the gateway into one program: it is the only
// place that knows all of them. It hands the configuration out, lets the rooms
// reach each other through funcs and handlers, and closes them in the reverse
// order of their opening.
package app
