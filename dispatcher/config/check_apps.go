package config

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// appID is an SDKAppID as Tencent writes it: a decimal number.
var appID = regexp.MustCompile(`^[1-9][0-9]{0,19}$`)

// checkApps looks at every app.
func (c *checker) checkApps() {
	for _, id := range slices.Sorted(maps.Keys(c.file.Apps)) {
		app, key := c.file.Apps[id], "apps."+id
		if !appID.MatchString(id) {
			c.wrong(key, "wants an SDKAppID for its key: the number that Tencent's console shows, such as 1400000001")
		}
		if len(app.Name) > longestName {
			c.wrong(key+".name", "wants at most %d bytes", longestName)
		}
		switch {
		case app.Insecure && len(app.Tokens) > 0:
			c.wrong(key+".insecure", "contradicts tokens: take one of the two away")
		case app.Insecure:
			c.suspect(key+".insecure", "accepts callbacks from anybody who reaches the listener; set tokens before it is public")
		case len(app.Tokens) == 0:
			c.wrong(key, `has no token: add tokens: ["${NAME}"] with the token of Tencent's console, or insecure: true to accept callbacks from anybody`)
		}
		c.checkTokens(app.Tokens, key+".tokens")
		c.checkLimit(app.MaxInFlight, key+".max_in_flight")
		c.checkRoutes(key+".routes", app.Routes, c.file.Routes)
	}
}

// checkTokens looks at the form of tokens; it never shows one.
func (c *checker) checkTokens(tokens []Secret, key string) {
	for i, token := range tokens {
		at := key + "[" + strconv.Itoa(i) + "]"
		text := token.Reveal()
		switch {
		case text == "":
			c.wrong(at, "is empty")
		case len(text) > tokenMost:
			c.wrong(at, "has %d bytes; a token has 1 to %d", len(text), tokenMost)
		case strings.TrimSpace(text) != text || strings.ContainsFunc(text, isControl):
			c.wrong(at, "has a space at an end, or a line break: is there more than the token in it?")
		case slices.Index(tokens, token) < i:
			c.wrong(at, "is the same as tokens[%d]", slices.Index(tokens, token))
		}
	}
}

// checkLimit looks at a limit that is stated: nought would let nothing through.
func (c *checker) checkLimit(limit int, key string) {
	if limit < 1 && c.stated(key) {
		c.wrong(key, "wants 1 or more")
	}
}
