package sdk

import "context"

// Handler answers callbacks. It is the one interface of the house: a plugin's
// mux, the gateway's end of the link and a test's fake all have it.
//
// Handle is called from many goroutines at once. Its context ends when the
// answer can no longer be used. An error is a [Fault] where its kind matters;
// any other error counts as failed. A Handler returns a reply or an error, never
// both.
type Handler interface {
	Handle(ctx context.Context, cb Callback) (Reply, error)
}

// HandlerFunc lets a function be a [Handler].
type HandlerFunc func(ctx context.Context, cb Callback) (Reply, error)

// Handle calls f.
func (f HandlerFunc) Handle(ctx context.Context, cb Callback) (Reply, error) { return f(ctx, cb) }
