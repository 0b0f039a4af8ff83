package cli_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/cli"
	front "github.com/switchhook/switchhook/dispatcher/gateway"
)

const (
	secret  = "a-Secret-42"
	sentAt  = "1700000000"
	sentApp = "1400000001"
)

// findings is what verify-sign and doctor print for machines.
type findings struct {
	OK       bool      `json:"ok"`
	Findings []finding `json:"findings"`
}

type finding struct {
	Check  string `json:"check"`
	Result string `json:"result"`
	Text   string `json:"text"`
	Do     string `json:"do"`
}

// of returns what was found by a check, a line each.
func (f findings) of(check string) string {
	var text strings.Builder
	for _, one := range f.Findings {
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

// verifySign runs verify-sign on a URL as of sentAt.
func verifySign(t *testing.T, tokens, target string, args ...string) (code int, report findings) {
	t.Helper()
	line := append([]string{"verify-sign", "--token-file", write(t, "tokens", tokens), "--output", "json", "--at", sentAt}, args...)
	var out, complaints bytes.Buffer
	code = cli.Program{}.Execute(t.Context(), append(line, target), nil, &out, &complaints)
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		t.Fatalf("exit code %d, %v: %s%s", code, err, out.String(), complaints.String())
	}
	for _, told := range []string{secret, strings.TrimSpace(tokens), sha(secret + sentAt)} {
		if printed := out.String() + complaints.String(); strings.Contains(printed, told) {
			t.Errorf("%q is printed:\n%s", told, printed)
		}
	}
	return code, report
}

func TestVerifySignTellsTokenFromTimeFromSpelling(t *testing.T) {
	t.Parallel()
	good := sha(secret + sentAt)
	sum := sha256.Sum256([]byte(secret + sentAt))
	tests := map[string]struct {
		tokens string // secret when empty
		query  string
		code   int
		check  string // the check that says
		says   string
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
		"no Sign":                           {query: "RequestTime=" + sentAt, code: 1, check: "spelling", says: "fail: Sign is missing"},
		"an empty Sign":                     {query: queryOf("", sentAt), code: 1, check: "spelling", says: "fail: Sign is empty"},
		"two Signs":                         {query: queryOf(good, sentAt) + "&Sign=" + good, code: 1, check: "spelling", says: "fail: Sign stands there 2 times"},
		"no RequestTime":                    {query: "Sign=" + good, code: 1, check: "spelling", says: "fail: RequestTime is missing"},
		"no query at all":                   {query: "https://example.com/im", code: 1, check: "spelling", says: "fail: RequestTime is missing"},
		"a Sign that is no hexadecimal":     {query: queryOf(strings.Repeat("z", 64), sentAt), code: 1, check: "spelling", says: "not hexadecimal"},
		"a Sign with white space":           {query: queryOf(good+" ", sentAt), code: 1, check: "spelling", says: "fail: Sign has white space"},
		"a Sign that is cut short":          {query: queryOf(good[:60], sentAt), code: 1, check: "spelling", says: "fail: Sign has 60 hexadecimal digits, not 64\n"},
		"a time in milliseconds":            {query: queryOf(good, sentAt+"000"), code: 1, check: "time", says: "fail: RequestTime has 13 digits: these are milliseconds"},
		"milliseconds that were signed":     {query: queryOf(sha(secret+sentAt+"000"), sentAt+"000"), code: 1, check: "token", says: "ok: the Sign is of the token"},
		"seconds that were signed":          {query: queryOf(good, sentAt+"000"), code: 1, check: "token", says: "fail: the Sign is of the token and of the time in seconds"},
		"a time in microseconds":            {query: queryOf(good, sentAt+"000000"), code: 1, check: "time", says: "microseconds"},
		"a time in nanoseconds":             {query: queryOf(good, sentAt+"000000000"), code: 1, check: "time", says: "nanoseconds"},
		"a time in words":                   {query: queryOf(good, "2023-11-14"), code: 1, check: "time", says: `fail: RequestTime "2023-11-14" is not a number`},
		"a negative time":                   {query: queryOf(good, "-5"), code: 1, check: "time", says: "is not a number"},
		"a time just inside the window":     {query: queryOf(sha(secret+"1699999940"), "1699999940"), check: "time", says: "1m0s before the time it came, within 1m0s"},
		"a time just outside the window":    {query: queryOf(sha(secret+"1699999939"), "1699999939"), code: 1, check: "time", says: "1m1s before the time it came: 1s beyond the window"},
		"a time of the future":              {query: queryOf(sha(secret+"1700003600"), "1700003600"), code: 1, check: "time", says: "1h0m0s after the time it came: 59m0s beyond"},
		"another token":                     {query: queryOf(sha("other"+sentAt), sentAt), code: 1, check: "token", says: "fail: the Sign is not of the token of the file"},
		"none of several":                   {tokens: "a\nb", query: queryOf(sha("other"+sentAt), sentAt), code: 1, check: "token", says: "not of any of the 2 tokens"},
		"a line feed that was signed":       {query: queryOf(sha(secret+"\n"+sentAt), sentAt), code: 1, check: "token", says: "with a line feed behind it"},
		"a carriage return that was signed": {query: queryOf(sha(secret+"\r"+sentAt), sentAt), code: 1, check: "token", says: "with a carriage return behind it"},
		"white space that was signed":       {tokens: "\t" + secret + "\t", query: queryOf(sha("\t"+secret+"\t"+sentAt), sentAt), code: 1, check: "token", says: "with the white space that stands around it"},
		"quotes in the file":                {tokens: `"` + secret + `"`, query: queryOf(good, sentAt), code: 1, check: "token", says: "without the quotes that the file has"},
		"a name in the file":                {tokens: "TOKEN='" + secret + "'", query: queryOf(good, sentAt), code: 1, check: "token", says: "without the name and the ="},
		"a byte order mark in the file":     {tokens: "\ufeff" + secret, query: queryOf(good, sentAt), code: 1, check: "token", says: "without the byte order mark"},
		"a token in lower case":             {query: queryOf(sha(strings.ToLower(secret)+sentAt), sentAt), code: 1, check: "token", says: "in lower case"},
		"time before token":                 {query: queryOf(sha(sentAt+secret), sentAt), code: 1, check: "token", says: "RequestTime stands before the token"},
		"time before token, separated":      {query: queryOf(sha(sentAt+":"+secret), sentAt), code: 1, check: "token", says: `before the token, with ":" in between`},
		"a separator":                       {query: queryOf(sha(secret+"&"+sentAt), sentAt), code: 1, check: "token", says: `"&" stands between`},
		"an HMAC":                           {query: queryOf(hmacOf(secret, sentAt), sentAt), code: 1, check: "token", says: "an HMAC of RequestTime with the token as its key"},
		"an HMAC the other way round":       {query: queryOf(hmacOf(sentAt, secret), sentAt), code: 1, check: "token", says: "with RequestTime as its key"},
		"an MD5":                            {query: queryOf(hexOf(md5.Sum([]byte(secret+sentAt))), sentAt), code: 1, check: "token", says: "it is an MD5"},
		"an MD5, by its length":             {query: queryOf(hexOf(md5.Sum([]byte("other"))), sentAt), code: 1, check: "spelling", says: "how long an MD5 is"},
		"a SHA-1":                           {query: queryOf(hexOf(sha1.Sum([]byte(sentAt+secret))), sentAt), code: 1, check: "token", says: "an SHA-1, and RequestTime stands before"},
		"a SHA-512":                         {query: queryOf(hexOf(sha512.Sum512([]byte(secret+sentAt))), sentAt), code: 1, check: "token", says: "it is an SHA-512"},
		"Base64":                            {query: queryOf(base64.StdEncoding.EncodeToString(sum[:]), sentAt), code: 1, check: "token", says: "in Base64"},
		"Base64, by its length":             {query: queryOf(base64.StdEncoding.EncodeToString(sum[:]), sentAt), code: 1, check: "spelling", says: "how a SHA-256 looks in Base64"},
		"the token alone":                   {query: queryOf(sha(secret), sentAt), code: 1, check: "token", says: "RequestTime is left out"},
		"the app in between":                {query: queryOf(sha(secret+sentApp+sentAt), sentAt), code: 1, check: "token", says: "SdkAppid stands between"},
		"echo without -n":                   {query: queryOf(sha(secret+sentAt+"\n"), sentAt), code: 1, check: "token", says: "echo without -n"},
		"a digest of the digest":            {query: queryOf(sha(good), sentAt), code: 1, check: "token", says: "once more"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.tokens == "" {
				tt.tokens = secret + "\n"
			}
			code, report := verifySign(t, tt.tokens, tt.query)
			if code != tt.code || report.OK != (tt.code == 0) || !strings.Contains(report.of(tt.check), tt.says) {
				t.Errorf("exit code %d, %+v; want %d, %s: %s", code, report, tt.code, tt.check, tt.says)
			}
			for _, one := range report.Findings {
				if (one.Result == "ok") != (one.Do == "") {
					t.Errorf("%+v: advice stands with what is wrong, and with nothing else", one)
				}
			}
		})
	}
}

// Tencent's page has a worked example, and older copies of it a wrong token.
func TestVerifySignKnowsTheDocumentedExample(t *testing.T) {
	t.Parallel()
	const example = "Sign=17773bc39a671d7b9aa835458704d2a6db81360a5940292b587d6d760d484061&RequestTime=1669872112"
	for token, tt := range map[string]struct {
		code int
		says string
	}{
		"xxxxyyyy": {cli.ExitOK, "ok: the Sign is of the token"},
		"xxxyyy":   {cli.ExitFailed, "older copies print a wrong token"},
		secret:     {cli.ExitFailed, "not of yours"},
	} {
		var out, complaints bytes.Buffer
		code := cli.Program{}.Execute(t.Context(), []string{
			"verify-sign", "--token-file", write(t, "tokens", token), "--output", "json", "--at", "2022-12-01T13:21:52+08:00", example,
		}, nil, &out, &complaints)
		var report findings
		if err := json.Unmarshal(out.Bytes(), &report); err != nil {
			t.Fatal(err)
		}
		if code != tt.code || !strings.Contains(report.of("token"), tt.says) {
			t.Errorf("%s: exit code %d, %+v", token, code, report)
		}
	}
}

func TestVerifySignUsesTheClock(t *testing.T) {
	t.Parallel()
	now := strconv.FormatInt(time.Now().Unix(), 10)
	var out bytes.Buffer
	code := cli.Program{}.Execute(t.Context(), []string{"verify-sign", "--token-file", write(t, "tokens", secret), queryOf(sha(secret+now), now)}, nil, &out, &out)
	if code != cli.ExitOK {
		t.Errorf("exit code %d: %s", code, out.String())
	}
}

// Verify-sign and the gateway agree on every request.
func TestVerifySignAgreesWithTheGateway(t *testing.T) {
	t.Parallel()
	port, stop, err := serveGateway(front.App{ID: sentApp, Tokens: []string{"old", secret}}, front.TLS{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	tokens := write(t, "tokens", "old\n"+secret+"\n")
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
		response, err := http.Post("http://127.0.0.1:"+port+"/?"+query, "application/json", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		var out bytes.Buffer
		code := cli.Program{}.Execute(t.Context(), []string{"verify-sign", "--token-file", tokens, query}, nil, &out, &out)
		if (code == cli.ExitOK) != (response.StatusCode == http.StatusOK) {
			t.Errorf("%s: the gateway answers %d, verify-sign %d:\n%s", name, response.StatusCode, code, out.String())
		}
	}
}
