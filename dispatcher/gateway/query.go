package gateway

import (
	"net/url"
	"strings"
)

// maxQuery bounds the query string in bytes. The header limit of the server is
// the same, so a longer one only comes from an embedding program.
const maxQuery = 16 << 10

// maxHint bounds the values that are passed on as hints: client address and
// platform.
const maxHint = 64

// query is what Tencent appends to the callback URL, as far as the gateway reads
// it. Keys are compared without case: Tencent's pages write SdkAppid, SDKAppID
// and SdkAppId.
type query struct {
	app         string
	command     string
	sign        string
	requestTime string
	clientIP    string
	platform    string

	seen uint8 // a bit for each parameter already met
}

// The parameters, as bits of query.seen.
const (
	paramApp uint8 = 1 << iota
	paramCommand
	paramSign
	paramRequestTime
	paramClientIP
	paramPlatform

	// paramsOnce may come only once: two values would leave open which of them
	// was checked and which was obeyed.
	paramsOnce = paramApp | paramCommand | paramSign | paramRequestTime
)

// readQuery reads a raw query string. It accepts exactly what [url.ParseQuery]
// accepts, within maxQuery and without a second app, command, Sign or
// RequestTime; keys it does not know are passed over. Of a doubled hint the
// first value counts. A semicolon is refused wherever it stands unencoded, as
// url.ParseQuery does: what stands before us may take it for a separator. It
// allocates only where something is percent-encoded.
func readQuery(raw string) (q query, ok bool) {
	if len(raw) > maxQuery || strings.IndexByte(raw, ';') >= 0 {
		return query{}, false
	}
	plain := strings.IndexByte(raw, '%') < 0 && strings.IndexByte(raw, '+') < 0
	for raw != "" {
		var pair string
		pair, raw, _ = strings.Cut(raw, "&")
		if pair == "" {
			continue
		}
		key, value, _ := strings.Cut(pair, "=")
		if !plain {
			if key, value, ok = unescape(key, value); !ok {
				return query{}, false
			}
		}
		if !q.take(key, value) {
			return query{}, false
		}
	}
	return q, true
}

// probes reports whether the query names neither app nor command, as the probe
// of Tencent's console does.
func (q *query) probes() bool { return q.app == "" && q.command == "" }

// take notes one decoded key and value, and refuses a value that may come only
// once and has come before.
func (q *query) take(key, value string) bool {
	param, field := q.field(key)
	switch {
	case field == nil:
		return true
	case q.seen&param != 0:
		return param&paramsOnce == 0
	case param&paramsOnce == 0 && !printable(value):
		value = "" // a hint nobody can use is no reason to refuse a callback
	}
	q.seen |= param
	*field = value
	return true
}

// field returns the parameter that key names, and where its value belongs. All
// keys are ASCII, so an equal length rules out the letters that only Unicode
// folds to them.
func (q *query) field(key string) (param uint8, field *string) {
	switch len(key) {
	case len("Sign"):
		if strings.EqualFold(key, "Sign") {
			return paramSign, &q.sign
		}
	case len("SdkAppid"): // and ClientIP
		if strings.EqualFold(key, "SdkAppid") {
			return paramApp, &q.app
		}
		if strings.EqualFold(key, "ClientIP") {
			return paramClientIP, &q.clientIP
		}
	case len("RequestTime"): // and OptPlatform
		if strings.EqualFold(key, "RequestTime") {
			return paramRequestTime, &q.requestTime
		}
		if strings.EqualFold(key, "OptPlatform") {
			return paramPlatform, &q.platform
		}
	case len("CallbackCommand"):
		if strings.EqualFold(key, "CallbackCommand") {
			return paramCommand, &q.command
		}
	}
	return 0, nil
}

// unescape decodes percent-encoding and plus signs.
func unescape(key, value string) (plainKey, plainValue string, ok bool) {
	plainKey, err := url.QueryUnescape(key)
	if err != nil {
		return "", "", false
	}
	plainValue, err = url.QueryUnescape(value)
	return plainKey, plainValue, err == nil
}

// printable reports whether s is short and plain ASCII, so that it can go into a
// log line and into a string of the wire.
func printable(s string) bool {
	if len(s) > maxHint {
		return false
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
