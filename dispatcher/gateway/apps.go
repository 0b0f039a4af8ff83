package gateway

import "time"

// appSet is the apps of one moment, never changed in use.
type appSet struct {
	byID   map[string]*app
	tokens [][]byte // of all apps, for the console probe
}

// app is one app, ready to check with.
type app struct {
	id     string
	tokens [][]byte
	open   bool // no Sign is asked for
}

// newAppSet prepares apps for checking. An empty token is left out, for its Sign
// could be made by anybody; an app that is left without any lets nobody in
// unless it is insecure.
func newAppSet(apps []App) *appSet {
	set := &appSet{byID: make(map[string]*app, len(apps))}
	known := make(map[string]bool)
	for _, a := range apps {
		entry := &app{id: a.ID}
		for _, token := range a.Tokens {
			if token == "" {
				continue
			}
			entry.tokens = append(entry.tokens, []byte(token))
			if !known[token] {
				known[token] = true
				set.tokens = append(set.tokens, []byte(token))
			}
		}
		entry.open = a.Insecure && len(entry.tokens) == 0
		set.byID[a.ID] = entry
	}
	return set
}

// admit finds the app that q names and checks the Sign it asks for.
func (s *appSet) admit(q *query, now time.Time, window time.Duration, skew *clockSkew) (*app, authFailure) {
	a, ok := s.byID[q.app]
	if !ok {
		return nil, authWrongApp
	}
	if a.open {
		return a, authOK
	}
	if failure := checkSign(a.tokens, q, now, window, skew); failure != authOK {
		return nil, failure
	}
	return a, authOK
}
