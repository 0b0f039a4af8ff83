package signature

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Sign is Tencent's: the hex SHA-256 of token and time, with nothing in between.
// The time is Unix time in seconds, as decimal digits.
func Sign(token, requestTime string) string {
	sum := sha256.Sum256([]byte(token + requestTime))
	return hex.EncodeToString(sum[:])
}

// Key is one token of a file, as it stands there and as the gateway reads it.
type Key struct {
	token string
	raw   string // with the white space around it, and the end of its line
	line  int
	of    int // how many there are
}

// Keys reads tokens, one a line; empty lines are none.
func Keys(text string) []Key {
	var keys []Key
	line := 0
	for raw := range strings.Lines(text) {
		line++
		if token := strings.TrimSpace(raw); token != "" {
			keys = append(keys, Key{token: token, raw: raw, line: line})
		}
	}
	for i := range keys {
		keys[i].of = len(keys)
	}
	return keys
}
