package signature_test

import (
	"context"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/dispatcher/gateway"
	"github.com/switchhook/switchhook/dispatcher/report"
	"github.com/switchhook/switchhook/dispatcher/signature"
	"github.com/switchhook/switchhook/sdk"
)

const (
	secret  = "a-Secret-42"
	sentAt  = "1700000000"
	sentApp = "1400000001"
)

// of returns what was found by a check, a line each.
func of(found []report.Finding, check string) string {
	var text strings.Builder
	for _, one := range found {
		if one.Check == check {
			fmt.Fprintf(&text, "%s: %s\n", one.Result, one.Text)
		}
	}
	return text.String()
}

func sha(text string) string { return hexOf(sha256.Sum256([]byte(text))) }

func hexOf[T [16]byte | [20]byte | [32]byte | [64]byte](digest T) string {
	return fmt.Sprintf("%x", digest)
}

func hmacOf(key, text string) string {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil))
}

// queryOf is the query of a callback with that Sign and time.
func queryOf(sign, at string) string {
	return "SdkAppid=" + sentApp + "&CallbackCommand=State.StateChange&Sign=" + url.QueryEscape(sign) + "&RequestTime=" + at
}

// check looks at a query that came at sentAt. What it finds tells no secret.
func check(t *testing.T, tokens, target string) []report.Finding {
	t.Helper()
	q, err := signature.ReadQuery(target)
	if err != nil {
		t.Fatal(err)
	}
	found := q.Check(signature.Keys(tokens), time.Unix(1700000000, 0), time.Minute)
	for _, secret := range []string{secret, strings.TrimSpace(tokens), sha(secret + sentAt)} {
		if told := fmt.Sprintf("%+v", found); strings.Contains(told, secret) {
			t.Errorf("%q is told:\n%s", secret, told)
		}
	}
	return found
}

func TestCheckTellsTokenFromTimeFromSpelling(t *testing.T) {
	t.Parallel()
	good := sha(secret + sentAt)
	sum := sha256.Sum256([]byte(secret + sentAt))
	tests := map[string]struct {
		tokens  string // secret when empty
		query   string
		refused bool
		check   string // the check that says
		says    string
	}{
		"a true Sign":                       {query: queryOf(good, sentAt), check: "token", says: "ok: the Sign is of the token\n"},
		"the second of two tokens":          {tokens: "old\n\n" + secret, query: queryOf(good, sentAt), check: "token", says: "ok: the Sign is of the token in line 3, one of 2"},
		"a whole URL":                       {query: "https://example.com/im?" + queryOf(good, sentAt) + "#top", check: "token", says: "ok: "},
		"a line of an access log":           {query: `10.0.0.1 "POST /im?` + queryOf(good, sentAt) + ` HTTP/1.1" 403`, check: "token", says: "ok: "},
		"a URL out of HTML":                 {query: strings.ReplaceAll(queryOf(good, sentAt), "&", "&amp;"), check: "spelling", says: "warn: the URL has &amp;"},
		"a URL out of JSON":                 {query: strings.ReplaceAll(queryOf(good, sentAt), "&", `\u0026`), check: "token", says: "ok: "},
		"names in another case":             {query: "sdkappid=1&sign=" + good + "&requestTime=" + sentAt, check: "spelling", says: "warn: the query has sign for Sign, requestTime for RequestTime"},
		"a Sign in upper case":              {query: queryOf(strings.ToUpper(good), sentAt), check: "spelling", says: "warn: Sign has upper-case digits"},
		"a token with white space":          {tokens: " " + secret + " \n", query: queryOf(good, sentAt), check: "token", says: "warn: line 1 of the file has white space"},
		"a token with a Windows line end":   {tokens: secret + "\r\n", query: queryOf(good, sentAt), check: "token", says: "warn: line 1 of the file has white space"},
		"no Sign":                           {query: "RequestTime=" + sentAt, refused: true, check: "spelling", says: "fail: Sign is missing"},
		"an empty Sign":                     {query: queryOf("", sentAt), refused: true, check: "spelling", says: "fail: Sign is empty"},
		"two Signs":                         {query: queryOf(good, sentAt) + "&Sign=" + good, refused: true, check: "spelling", says: "fail: Sign stands there 2 times"},
		"no RequestTime":                    {query: "Sign=" + good, refused: true, check: "spelling", says: "fail: RequestTime is missing"},
		"no query at all":                   {query: "https://example.com/im", refused: true, check: "spelling", says: "fail: RequestTime is missing"},
		"a Sign that is no hexadecimal":     {query: queryOf(strings.Repeat("z", 64), sentAt), refused: true, check: "spelling", says: "not hexadecimal"},
		"a Sign with white space":           {query: queryOf(good+" ", sentAt), refused: true, check: "spelling", says: "fail: Sign has white space"},
		"a Sign that is cut short":          {query: queryOf(good[:60], sentAt), refused: true, check: "spelling", says: "fail: Sign has 60 hexadecimal digits, not 64\n"},
		"a time in milliseconds":            {query: queryOf(good, sentAt+"000"), refused: true, check: "time", says: "fail: RequestTime has 13 digits: these are milliseconds"},
		"milliseconds that were signed":     {query: queryOf(sha(secret+sentAt+"000"), sentAt+"000"), refused: true, check: "token", says: "ok: the Sign is of the token"},
		"seconds that were signed":          {query: queryOf(good, sentAt+"000"), refused: true, check: "token", says: "fail: the Sign is of the token and of the time in seconds"},
		"a time in microseconds":            {query: queryOf(good, sentAt+"000000"), refused: true, check: "time", says: "microseconds"},
		"a time in nanoseconds":             {query: queryOf(good, sentAt+"000000000"), refused: true, check: "time", says: "nanoseconds"},
		"a time in words":                   {query: queryOf(good, "2023-11-14"), refused: true, check: "time", says: `fail: RequestTime "2023-11-14" is not a number`},
		"a negative time":                   {query: queryOf(good, "-5"), refused: true, check: "time", says: "is not a number"},
		"a time just inside the window":     {query: queryOf(sha(secret+"1699999940"), "1699999940"), check: "time", says: "1m0s before the time it came, within 1m0s"},
		"a time just outside the window":    {query: queryOf(sha(secret+"1699999939"), "1699999939"), refused: true, check: "time", says: "1m1s before the time it came: 1s beyond the window"},
		"a time of the future":              {query: queryOf(sha(secret+"1700003600"), "1700003600"), refused: true, check: "time", says: "1h0m0s after the time it came: 59m0s beyond"},
		"another token":                     {query: queryOf(sha("other"+sentAt), sentAt), refused: true, check: "token", says: "fail: the Sign is not of the token of the file"},
		"none of several":                   {tokens: "a\nb", query: queryOf(sha("other"+sentAt), sentAt), refused: true, check: "token", says: "not of any of the 2 tokens"},
		"a line feed that was signed":       {query: queryOf(sha(secret+"\n"+sentAt), sentAt), refused: true, check: "token", says: "with a line feed behind it"},
		"a carriage return that was signed": {query: queryOf(sha(secret+"\r"+sentAt), sentAt), refused: true, check: "token", says: "with a carriage return behind it"},
		"white space that was signed":       {tokens: "\t" + secret + "\t", query: queryOf(sha("\t"+secret+"\t"+sentAt), sentAt), refused: true, check: "token", says: "with the white space that stands around it"},
		"quotes in the file":                {tokens: `"` + secret + `"`, query: queryOf(good, sentAt), refused: true, check: "token", says: "without the quotes that the file has"},
		"a name in the file":                {tokens: "TOKEN='" + secret + "'", query: queryOf(good, sentAt), refused: true, check: "token", says: "without the name and the ="},
		"a byte order mark in the file":     {tokens: "\ufeff" + secret, query: queryOf(good, sentAt), refused: true, check: "token", says: "without the byte order mark"},
		"a token in lower case":             {query: queryOf(sha(strings.ToLower(secret)+sentAt), sentAt), refused: true, check: "token", says: "in lower case"},
		"time before token":                 {query: queryOf(sha(sentAt+secret), sentAt), refused: true, check: "token", says: "RequestTime stands before the token"},
		"time before token, separated":      {query: queryOf(sha(sentAt+":"+secret), sentAt), refused: true, check: "token", says: `before the token, with ":" in between`},
		"a separator":                       {query: queryOf(sha(secret+"&"+sentAt), sentAt), refused: true, check: "token", says: `"&" stands between`},
		"an HMAC":                           {query: queryOf(hmacOf(secret, sentAt), sentAt), refused: true, check: "token", says: "an HMAC of RequestTime with the token as its key"},
		"an HMAC the other way round":       {query: queryOf(hmacOf(sentAt, secret), sentAt), refused: true, check: "token", says: "with RequestTime as its key"},
		"an MD5":                            {query: queryOf(hexOf(md5.Sum([]byte(secret+sentAt))), sentAt), refused: true, check: "token", says: "it is an MD5"},
		"an MD5, by its length":             {query: queryOf(hexOf(md5.Sum([]byte("other"))), sentAt), refused: true, check: "spelling", says: "how long an MD5 is"},
		"a SHA-1":                           {query: queryOf(hexOf(sha1.Sum([]byte(sentAt+secret))), sentAt), refused: true, check: "token", says: "an SHA-1, and RequestTime stands before"},
		"a SHA-512":                         {query: queryOf(hexOf(sha512.Sum512([]byte(secret+sentAt))), sentAt), refused: true, check: "token", says: "it is an SHA-512"},
		"Base64":                            {query: queryOf(base64.StdEncoding.EncodeToString(sum[:]), sentAt), refused: true, check: "token", says: "in Base64"},
		"Base64, by its length":             {query: queryOf(base64.StdEncoding.EncodeToString(sum[:]), sentAt), refused: true, check: "spelling", says: "how a SHA-256 looks in Base64"},
		"the token alone":                   {query: queryOf(sha(secret), sentAt), refused: true, check: "token", says: "RequestTime is left out"},
		"the app in between":                {query: queryOf(sha(secret+sentApp+sentAt), sentAt), refused: true, check: "token", says: "SdkAppid stands between"},
		"echo without -n":                   {query: queryOf(sha(secret+sentAt+"\n"), sentAt), refused: true, check: "token", says: "echo without -n"},
		"a digest of the digest":            {query: queryOf(sha(good), sentAt), refused: true, check: "token", says: "once more"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.tokens == "" {
				tt.tokens = secret + "\n"
			}
			found := check(t, tt.tokens, tt.query)
			if (report.Failures(found) > 0) != tt.refused || !strings.Contains(of(found, tt.check), tt.says) {
				t.Errorf("%+v; want refused %v, %s: %s", found, tt.refused, tt.check, tt.says)
			}
			for _, one := range found {
				if (one.Result == report.OK) != (one.Do == "") {
					t.Errorf("%+v: advice stands with what is wrong, and with nothing else", one)
				}
			}
		})
	}
}

// Tencent's page has a worked example, and older copies of it a wrong token.
func TestCheckKnowsTheDocumentedExample(t *testing.T) {
	t.Parallel()
	const example = "Sign=17773bc39a671d7b9aa835458704d2a6db81360a5940292b587d6d760d484061&RequestTime=1669872112"
	q, err := signature.ReadQuery(example)
	if err != nil {
		t.Fatal(err)
	}
	for token, says := range map[string]string{
		"xxxxyyyy": "ok: the Sign is of the token",
		"xxxyyy":   "fail: this is the example of Tencent's documentation, whose older copies print a wrong token",
		secret:     "fail: this is the example of Tencent's documentation: its Sign is of the token xxxxyyyy, not of yours",
	} {
		found := q.Check(signature.Keys(token), time.Unix(1669872112, 0), time.Minute)
		if !strings.Contains(of(found, "token"), says) {
			t.Errorf("%s: %+v; want %s", token, found, says)
		}
	}
}

func TestReadQueryRefusesWhatHoldsNone(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"":               "there is no URL",
		" \n":            "there is no URL",
		"hello":          "hello is no URL with a query",
		"?Sign=%zz":      "read query at Sign",
		"?%zz\x1b=a":     `read query at "%zz\x1b"`,
		"/im?a=b&%=Sign": "read query at %",
	} {
		if _, err := signature.ReadQuery(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v; want %s", text, err, says)
		}
	}
}

// Check and the gateway agree on every request.
func TestCheckAgreesWithTheGateway(t *testing.T) {
	t.Parallel()
	g, err := gateway.New(gateway.Options{Dispatch: func(context.Context, sdk.Callback) dispatcher.Result { return dispatcher.Result{} }})
	if err != nil {
		t.Fatal(err)
	}
	g.SetApps([]gateway.App{{ID: sentApp, Tokens: []string{"old", secret}}})
	server := httptest.NewServer(g.Handler())
	t.Cleanup(server.Close)
	keys := signature.Keys("old\n" + secret + "\n")
	now := time.Now()
	at := func(ago time.Duration) string { return strconv.FormatInt(now.Add(-ago).Unix(), 10) }
	signed := func(token, at string) string { return "Sign=" + sha(token+at) + "&RequestTime=" + at }
	for name, query := range map[string]string{
		"good":                  signed(secret, at(0)),
		"an old token":          signed("old", at(0)),
		"another token":         signed("new", at(0)),
		"a little old":          signed(secret, at(30*time.Second)),
		"a little ahead":        signed(secret, at(-30*time.Second)),
		"stale":                 signed(secret, at(90*time.Second)),
		"far ahead":             signed(secret, at(-90*time.Second)),
		"milliseconds":          signed(secret, at(0)+"000"),
		"other case":            strings.NewReplacer("Sign", "SIGN", "RequestTime", "requesttime").Replace(signed(secret, at(0))),
		"upper-case digits":     "Sign=" + strings.ToUpper(sha(secret+at(0))) + "&RequestTime=" + at(0),
		"escaped":               strings.NewReplacer("Sign", "%53ign", "=1", "=%31").Replace(signed(secret, at(0))),
		"twice":                 signed(secret, at(0)) + "&sign=x",
		"the same twice":        signed(secret, at(0)) + "&RequestTime=" + at(0),
		"no Sign":               "RequestTime=" + at(0),
		"an empty Sign":         "Sign=&RequestTime=" + at(0),
		"no time":               "Sign=" + sha(secret),
		"an empty time":         "RequestTime=&Sign=" + sha(secret),
		"a plus before time":    "Sign=" + sha(secret+"+"+at(0)) + "&RequestTime=%2B" + at(0),
		"a space before time":   "Sign=" + sha(secret+" "+at(0)) + "&RequestTime=+" + at(0),
		"a zero before time":    signed(secret, "0"+at(0)),
		"a space behind Sign":   "Sign=" + sha(secret+at(0)) + "+&RequestTime=" + at(0),
		"a semicolon":           strings.Replace(signed(secret, at(0)), "&", ";", 1),
		"a semicolon elsewhere": signed(secret, at(0)) + "&x=a;b",
		"empty pairs":           "&&" + signed(secret, at(0)) + "&",
		"too many digits":       signed(secret, "99999999999999999999999"),
	} {
		response, err := http.Post(server.URL+"/?"+query, "application/json", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		q, err := signature.ReadQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		found := q.Check(keys, time.Now(), time.Minute)
		if (report.Failures(found) == 0) != (response.StatusCode == http.StatusOK) {
			t.Errorf("%s: the gateway answers %d, and %+v is found", name, response.StatusCode, found)
		}
	}
}

// Whatever a URL says, the token is not told.
func FuzzCheck(f *testing.F) {
	f.Add(queryOf(sha(secret+sentAt), sentAt))
	f.Add("https://example.com/?sign=" + sha(sentAt+secret) + "&amp;RequestTime=" + sentAt + "000#x")
	f.Add("?Sign=%zz&RequestTime=999999999999999999999")
	f.Add("Sign==&Sign&RequestTime=-1&RequestTime=")
	f.Fuzz(func(t *testing.T, target string) {
		q, err := signature.ReadQuery(target)
		if err != nil {
			return
		}
		found := q.Check(signature.Keys(secret), time.Unix(1700000000, 0), time.Minute)
		if told := fmt.Sprintf("%+v", found); !strings.Contains(target, secret) && strings.Contains(told, secret) {
			t.Errorf("the token is told: %s", told)
		}
		if report.Failures(found) == 0 && !strings.Contains(of(found, "token"), "the Sign is of the token") {
			t.Errorf("accepted without a token: %+v", found)
		}
	})
}
