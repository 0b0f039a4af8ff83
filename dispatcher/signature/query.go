package signature

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/switchhook/switchhook/dispatcher/report"
)

// Query is the part of a request that a Sign is about. [ReadQuery] makes one.
type Query struct {
	sign, requestTime string
	app               string
	signs, times      int      // how often each stands there
	spelt             []string // the keys that are spelt as Tencent does not
	escaped           bool     // the URL was copied out of HTML or JSON
	semicolons        bool     // which some take for &, so the gateway refuses them
}

// ReadQuery reads a URL, a query or a line of a log that holds one of them. An
// error says that there is none, or none that can be decoded.
func ReadQuery(text string) (Query, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return Query{}, errors.New("there is no URL")
	}
	if _, after, found := strings.Cut(text, "?"); found {
		text = after
	} else if !strings.ContainsAny(text, "=/") {
		return Query{}, fmt.Errorf("%s is no URL with a query, and no query either", report.Visible(text))
	}
	text, _, _ = strings.Cut(text, "#")
	if i := strings.IndexAny(text, " \t\r\n\"'"); i >= 0 {
		text = text[:i]
	}
	plain := strings.NewReplacer("&amp;", "&", `\u0026`, "&").Replace(text)
	q := Query{escaped: plain != text, semicolons: strings.Contains(plain, ";")}
	for pair := range strings.SplitSeq(plain, "&") {
		name, value, _ := strings.Cut(pair, "=")
		plainName, err := url.QueryUnescape(name)
		plainValue, valueErr := url.QueryUnescape(value)
		if err := errors.Join(err, valueErr); err != nil {
			return Query{}, fmt.Errorf("read query at %s: %w", report.Visible(name), err)
		}
		q.take(plainName, plainValue)
	}
	return q, nil
}

// take notes one parameter, whatever the case of its name.
func (q *Query) take(name, value string) {
	var right string
	switch strings.ToLower(name) {
	case "sign":
		right, q.sign = "Sign", value
		q.signs++
	case "requesttime":
		right, q.requestTime = "RequestTime", value
		q.times++
	case "sdkappid":
		q.app = value // Tencent's own pages spell it in three ways
		return
	default:
		return
	}
	if name != right {
		q.spelt = append(q.spelt, name+" for "+right)
	}
}
