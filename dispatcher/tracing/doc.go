// Package tracing sends what became of a callback, and where its time went, to an
// OpenTelemetry collector (https://opentelemetry.io/docs/specs/otlp/).
//
// The other rooms know nothing of it: they are handed funcs and handlers that it has
// wrapped, and where tracing is off they are handed what it was given. These are the
// spans:
//
//	server    Sns.CallbackBlackListAdd   a callback at the gateway
//	client      handle blacklist         one attempt at a plugin
//	producer    accept                   storing an event
//	consumer  deliver blacklist          a delivery of a stored event: a trace of its own, with a link to the callback's span
//	client      handle blacklist         its attempt at the plugin
//
// A callback's trace id is its own id: the UUID without its dashes. So a delivery
// finds the callback's span, and whether it was sampled, by the id that the store
// keeps anyway, days later and after a restart.
//
// Spans hold ids, commands, names of plugins, outcomes and numbers; never a body, an
// account, a token, a Sign, or the text of an error, which may quote one of them.
//
// A collector that is slow or away delays nothing: spans wait in a queue of bounded
// length, and what does not fit is dropped and counted.
package tracing
