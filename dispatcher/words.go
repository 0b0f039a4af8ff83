package dispatcher

import (
	"fmt"
	"slices"
	"time"

	"github.com/switchhook/switchhook/sdk/imevent"
)

// Where a part of a route comes from, as RouteSources says it.
const (
	sourceApp     = "app"
	sourceRoutes  = "routes"
	sourceClaim   = "claim"
	sourceDefault = "default"
	sourceTencent = "tencent"
	sourceDebug   = "debug"
)

// words are what the operator says of a command, the strongest voice first.
type words []word

type word struct {
	config  RouteConfig
	source  string
	pattern string
}

// words collects the operator's words on subject: the app's before the general
// ones, and within each the closest pattern before the wider ones.
func (m *tableMaker) words(app App, subject string) words {
	var all words
	for _, voice := range []struct {
		routes map[string]RouteConfig
		source string
	}{{app.Routes, sourceApp}, {m.blueprint.Routes, sourceRoutes}} {
		for _, pattern := range patternsOf(subject) {
			if config, ok := voice.routes[pattern]; ok {
				all = append(all, word{config, voice.source, pattern})
			}
		}
	}
	return all
}

// patternsOf returns the keys that may speak of subject, the closest first.
func patternsOf(subject string) []string {
	patterns := []string{subject}
	if f := family(subject); f != "" && f != subject {
		patterns = append(patterns, f)
	}
	if subject != "*" {
		patterns = append(patterns, "*")
	}
	return patterns
}

// name reports whether the operator named the subject itself, not a pattern. A
// command so named is claimed: without a plugin it is unavailable, not unknown.
func (w words) name(subject string) bool {
	return slices.ContainsFunc(w, func(x word) bool { return x.pattern == subject })
}

func (w words) handlers() ([]string, string) {
	return first(w, func(c RouteConfig) ([]string, bool) { return c.Handlers, len(c.Handlers) > 0 }, nil, sourceClaim)
}

// mode falls back to durable where there is somewhere to store callbacks. What
// Tencent waits for is sync; saying otherwise of a whole family is meant for its
// events, and saying it of a command of the catalogue is an error. Of another command
// a claim alone says that it is a decision, and no claim undoes a table.
func (w words) mode(subject string, waited, stored bool) (Mode, string, error) {
	fallback := ModeSync
	if stored {
		fallback = ModeDurable
	}
	for _, word := range w {
		switch mode := word.config.Mode; {
		case mode == ModeUnset:
		case mode != ModeDurable || !waited:
			return mode, word.source, nil
		case word.pattern == subject && listed(subject):
			return ModeUnset, "", fmt.Errorf("%s cannot be durable: Tencent waits for its reply", subject)
		}
	}
	if waited {
		return ModeSync, sourceTencent, nil
	}
	return fallback, sourceDefault, nil
}

// timeout falls back to what the handlers' claims suggest, which never exceeds
// the default.
func (w words) timeout(suggested time.Duration) (time.Duration, string) {
	fallback, source := DefaultTimeout, sourceDefault
	if suggested > 0 && suggested < DefaultTimeout {
		fallback, source = suggested, sourceClaim
	}
	return first(w, func(c RouteConfig) (time.Duration, bool) { return c.Timeout, c.Timeout > 0 }, fallback, source)
}

func listed(command string) bool {
	_, ok := imevent.Spec(command)
	return ok
}

func (w words) policy() (Policy, string) {
	return first(w, func(c RouteConfig) (Policy, bool) { return c.OnFailure, c.OnFailure != PolicyTencent }, PolicyTencent, sourceTencent)
}

func (w words) inFlight() (int, string) {
	return first(w, func(c RouteConfig) (int, bool) { return c.MaxInFlight, c.MaxInFlight > 0 }, DefaultRouteInFlight, sourceDefault)
}

// first returns the strongest word that says anything, with its source, else the
// fallback with its own.
func first[T any](w words, read func(RouteConfig) (T, bool), fallback T, source string) (T, string) {
	for _, word := range w {
		if value, said := read(word.config); said {
			return value, word.source
		}
	}
	return fallback, source
}
