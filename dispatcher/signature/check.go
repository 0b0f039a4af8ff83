package signature

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/switchhook/switchhook/dispatcher/report"
)

// The names of the checks of a Sign.
const (
	checkSpelling = "spelling"
	checkTime     = "time"
	checkToken    = "token"
)

// Check looks at spelling, time and token, in this order, each as far as it can
// be told. Now is when the request came, and window how far RequestTime may be
// from that; without keys no token fits.
func (q Query) Check(keys []Key, now time.Time, window time.Duration) []report.Finding {
	found := q.spelling()
	at, timed := q.time(now, window)
	found = append(found, timed...)
	if q.sign == "" || q.requestTime == "" {
		return found
	}
	return append(found, q.token(keys, at)...)
}

// spelling looks at the names and the form of the two parameters.
func (q Query) spelling() []report.Finding {
	var found []report.Finding
	if q.escaped {
		found = append(found, report.Doubtful(checkSpelling, "the URL has &amp; or \\u0026 for &, as HTML and JSON do; it was read as &", "if it was sent like this, & is what stands between parameters"))
	}
	if q.semicolons {
		found = append(found, report.Broken(checkSpelling, "the query has a semicolon, which some servers take for &; the gateway refuses it", "send it as %3B"))
	}
	if len(q.spelt) > 0 {
		found = append(found, report.Doubtful(checkSpelling, "the query has "+strings.Join(q.spelt, ", ")+"; the gateway takes any case, a strict handler does not", "spell them as Tencent does"))
	}
	for _, p := range []struct {
		name, value string
		times       int
	}{{"Sign", q.sign, q.signs}, {"RequestTime", q.requestTime, q.times}} {
		switch {
		case p.times == 0:
			found = append(found, report.Broken(checkSpelling, p.name+" is missing", "Tencent sends it once authentication is switched on in the console; in a shell, put the URL in quotes, since & ends a command"))
		case p.times > 1:
			found = append(found, report.Broken(checkSpelling, fmt.Sprintf("%s stands there %d times, which leaves open which one counts", p.name, p.times), "send it once; set the bare URL in the console, without a query"))
		case p.value == "":
			found = append(found, report.Broken(checkSpelling, p.name+" is empty", "send a value"))
		}
	}
	if q.sign != "" {
		found = append(found, q.form())
	}
	return found
}

// form looks at the Sign's letters.
func (q Query) form() report.Finding {
	const lowerCase = "write the SHA-256 as 64 hexadecimal digits in lower case"
	_, err := hex.DecodeString(q.sign)
	switch {
	case strings.TrimSpace(q.sign) != q.sign:
		return report.Broken(checkSpelling, "Sign has white space around it", lowerCase)
	case len(q.sign) != 64 && err == nil:
		return report.Broken(checkSpelling, fmt.Sprintf("Sign has %d hexadecimal digits, not 64%s", len(q.sign), digestOf(len(q.sign))), lowerCase)
	case err != nil && (len(q.sign) == 43 || len(q.sign) == 44):
		return report.Broken(checkSpelling, fmt.Sprintf("Sign has %d characters and is not hexadecimal: this is how a SHA-256 looks in Base64", len(q.sign)), lowerCase)
	case err != nil:
		return report.Broken(checkSpelling, fmt.Sprintf("Sign has %d characters and is not hexadecimal", len(q.sign)), lowerCase)
	case strings.ToLower(q.sign) != q.sign:
		return report.Doubtful(checkSpelling, "Sign has upper-case digits; the gateway takes either case, a strict handler does not", lowerCase)
	default:
		return report.Fine(checkSpelling, "Sign has 64 hexadecimal digits")
	}
}

// digestOf guesses the digest by its length.
func digestOf(digits int) string {
	name, known := map[int]string{32: "an MD5", 40: "a SHA-1", 56: "a SHA-224", 96: "a SHA-384", 128: "a SHA-512"}[digits]
	if !known {
		return ""
	}
	return ": this is how long " + name + " is"
}

// time looks at RequestTime, and returns the seconds that are meant, as far as
// they can be told.
func (q Query) time(now time.Time, window time.Duration) (seconds string, found []report.Finding) {
	const unix = "send Unix time in seconds, as decimal digits"
	text := q.requestTime
	if text == "" {
		return "", nil
	}
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || strings.Trim(text, "0123456789") != "" || len(text) > 19 {
		return "", []report.Finding{report.Broken(checkTime, fmt.Sprintf("RequestTime %s is not a number of seconds", strconv.Quote(report.Clip(text))), unix)}
	}
	unit, per := "", int64(1)
	switch {
	case len(text) >= 18:
		unit, per = "nanoseconds", 1_000_000_000
	case len(text) >= 15:
		unit, per = "microseconds", 1_000_000
	case len(text) >= 12:
		unit, per = "milliseconds", 1_000
	}
	if per > 1 {
		found = append(found, report.Broken(checkTime, fmt.Sprintf("RequestTime has %d digits: these are %s, not seconds", len(text), unit), unix))
	}
	return strconv.FormatInt(n/per, 10), append(found, age(time.Unix(n/per, 0), now, window))
}

// age compares the time of the request with when it came.
func age(at, now time.Time, window time.Duration) report.Finding {
	off := now.Truncate(time.Second).Sub(at)
	word, clock := "before", "--at TIME checks as of when the request came; if that was now, set the clocks by NTP"
	if off < 0 {
		off, word, clock = -off, "after", "the sender's clock is ahead or this one behind: set both by NTP"
	}
	text := fmt.Sprintf("RequestTime is %s, %s %s the time it came", at.UTC().Format(time.RFC3339), off, word)
	if off > window {
		return report.Broken(checkTime, fmt.Sprintf("%s: %s beyond the window of %s", text, off-window, window), clock)
	}
	return report.Fine(checkTime, text+", within "+window.String())
}

// token says whose Sign it is, or how it was made.
func (q Query) token(keys []Key, seconds string) []report.Finding {
	for _, k := range keys {
		if strings.EqualFold(q.sign, Sign(k.token, q.requestTime)) {
			return q.fits(k)
		}
	}
	if q.documented() {
		return []report.Finding{documentedExample(keys)}
	}
	for _, k := range keys {
		if f, ok := q.nearly(k, seconds); ok {
			return []report.Finding{f}
		}
	}
	which := "the token of the file"
	if len(keys) > 1 {
		which = fmt.Sprintf("any of the %d tokens of the file", len(keys))
	}
	return []report.Finding{report.Broken(checkToken, "the Sign is not of "+which+", and no usual mistake makes it",
		"compare the token with the console's, letter by letter, and see that it is this app's; a new one takes about two minutes to be used")}
}

// fits says which token it is, and what the file has that others may trip over.
func (q Query) fits(k Key) []report.Finding {
	text := "the Sign is of the token"
	if k.of > 1 {
		text = fmt.Sprintf("the Sign is of the token in line %d, one of %d", k.line, k.of)
	}
	found := []report.Finding{report.Fine(checkToken, text)}
	if body := strings.TrimRight(k.raw, "\r\n"); body != k.token || strings.HasSuffix(k.raw, "\r\n") {
		found = append(found, report.Doubtful(checkToken, fmt.Sprintf("line %d of the file has white space around the token; the gateway leaves it out, your own code may not", k.line), "write the token alone, with a plain line feed behind it"))
	}
	return found
}
