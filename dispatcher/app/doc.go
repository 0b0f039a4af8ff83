// Package app joins the rooms of the gateway into one program: it is the only
// place that knows all of them. It hands the configuration out, lets the rooms
// reach each other through funcs and handlers, and closes them in the reverse
// order of their opening.
//
// [App] and its life are in app.go, options.go and life.go; what changes while it
// serves, in reload.go and watch.go; an operator's brakes in brakes.go and bypass*.go.
// The inbox is opened in inboxopen.go and closed in inbox.go, told of the plugins by standing.go, and
// of who wants what by subscribe.go. What the admin side shows is put together in
// views.go and inboxviews.go.
package app
