package conformance

import "context"

// metrics looks at what the plugin counts.
func (s *suite) metrics(context.Context) finding {
	return none("it offers no metrics")
}
