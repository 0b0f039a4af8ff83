package signature

import (
	"crypto/hmac"
	"crypto/md5"  //nolint:gosec // To recognise a Sign that was made with it.
	"crypto/sha1" //nolint:gosec // To recognise a Sign that was made with it.
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"

	"github.com/switchhook/switchhook/dispatcher/report"
)

// The worked example of Tencent's overview page (34354). Older copies print the
// token as xxxyyy, of which the Sign is another.
const (
	exampleTime  = "1669872112"
	exampleSign  = "17773bc39a671d7b9aa835458704d2a6db81360a5940292b587d6d760d484061"
	exampleWrong = "xxxyyy"
)

// documented reports whether the Sign is that of the documentation's example.
func (q Query) documented() bool {
	return q.requestTime == exampleTime && strings.EqualFold(q.sign, exampleSign)
}

func documentedExample(keys []Key) report.Finding {
	for _, k := range keys {
		if k.token == exampleWrong {
			return report.Broken(checkToken, "this is the example of Tencent's documentation, whose older copies print a wrong token: the Sign is of xxxxyyyy, not of xxxyyy",
				"nothing is wrong with your code; try it with xxxxyyyy")
		}
	}
	return report.Broken(checkToken, "this is the example of Tencent's documentation: its Sign is of the token xxxxyyyy, not of yours", "send a request with your own token")
}

// nearly tries the usual mistakes with one token: in the token, in the time, in
// how the two are put together.
func (q Query) nearly(k Key, seconds string) (report.Finding, bool) {
	if how := q.otherToken(k); how != "" {
		return report.Broken(checkToken, "the Sign is of the token "+how, "make file and console agree; in your own code, trim what you read"), true
	}
	if seconds != "" && seconds != q.requestTime && strings.EqualFold(q.sign, Sign(k.token, seconds)) {
		return report.Broken(checkToken, "the Sign is of the token and of the time in seconds, and RequestTime says another", "send the very text that was signed"), true
	}
	if how := q.recipe(k.token); how != "" {
		return report.Broken(checkToken, "the token is right, and the Sign is made in another way: "+how,
			"Sign is the lower-case hexadecimal SHA-256 of token and RequestTime, with nothing in between: sha256(token + RequestTime)"), true
	}
	return report.Finding{}, false
}

// otherToken says how the token that was signed with differs from the file's.
func (q Query) otherToken(k Key) string {
	bare := strings.Trim(k.token, `"'`)
	_, assigned, _ := strings.Cut(k.token, "=")
	for _, v := range []struct{ token, how string }{
		{k.token + "\n", "with a line feed behind it: what signs read a whole line"},
		{k.token + "\r\n", "with a carriage return and a line feed behind it: what signs read a whole line"},
		{k.token + "\r", "with a carriage return behind it: what signs read a file with Windows line ends"},
		{strings.TrimRight(k.raw, "\r\n"), "with the white space that stands around it in the file"},
		{k.token + " ", "with a space behind it"},
		{" " + k.token, "with a space before it"},
		{bare, "without the quotes that the file has"},
		{strings.Trim(assigned, `"'`), "without the name and the = before it in the file"},
		{`"` + k.token + `"`, "in quotes that do not belong to it"},
		{strings.TrimPrefix(k.token, "\ufeff"), "without the byte order mark that the file has"},
		{"\ufeff" + k.token, "with a byte order mark before it"},
		{strings.ToLower(k.token), "in lower case"},
		{strings.ToUpper(k.token), "in upper case"},
	} {
		if v.token != "" && strings.EqualFold(q.sign, Sign(v.token, q.requestTime)) {
			return v.how
		}
	}
	return ""
}

// recipe names the wrong way in which the Sign was made, or returns "".
func (q Query) recipe(token string) string {
	at := q.requestTime
	for _, join := range []string{"", "&", "+", ":", ",", ".", "_", "-", "|", ";", "/", " ", "\n"} {
		if join != "" && q.is(sha256.New, token+join+at) {
			return fmt.Sprintf("%q stands between token and RequestTime", join)
		}
		if q.is(sha256.New, at+join+token) {
			return "RequestTime stands before the token" + between(join)
		}
	}
	for _, digest := range []struct {
		name string
		new  func() hash.Hash
	}{{"MD5", md5.New}, {"SHA-1", sha1.New}, {"SHA-224", sha256.New224}, {"SHA-384", sha512.New384}, {"SHA-512", sha512.New}} {
		switch {
		case q.is(digest.new, token+at):
			return "it is an " + digest.name
		case q.is(digest.new, at+token):
			return "it is an " + digest.name + ", and RequestTime stands before the token"
		}
	}
	return q.stranger(token)
}

func between(join string) string {
	if join == "" {
		return ""
	}
	return fmt.Sprintf(", with %q in between", join)
}

// stranger tries what is no plain digest of the two.
func (q Query) stranger(token string) string {
	at := q.requestTime
	for _, r := range []struct {
		sum []byte
		how string
	}{
		{mac(sha256.New, token, at), "it is an HMAC of RequestTime with the token as its key"},
		{mac(sha256.New, at, token), "it is an HMAC of the token with RequestTime as its key"},
		{mac(sha256.New, token, token+at), "it is an HMAC of token and RequestTime with the token as its key"},
		{mac(sha1.New, token, at), "it is an HMAC with SHA-1"},
		{mac(md5.New, token, at), "it is an HMAC with MD5"},
		{sum(sha256.New, token), "RequestTime is left out"},
		{sum(sha256.New, at), "the token is left out"},
		{sum(sha256.New, token+q.app+at), "SdkAppid stands between token and RequestTime"},
		{sum(sha256.New, q.app+token+at), "SdkAppid stands before the token"},
		{sum(sha256.New, token+at+q.app), "SdkAppid stands behind RequestTime"},
		{sum(sha256.New, token+at+"\n"), "a line feed stands behind RequestTime: echo without -n puts it there"},
		{sum(sha256.New, token+`"`+at+`"`), "RequestTime is signed with quotes around it"},
		{sum(sha256.New, Sign(token, at)), "the digest is digested once more"},
	} {
		if strings.EqualFold(q.sign, hex.EncodeToString(r.sum)) {
			return r.how
		}
	}
	plain := sum(sha256.New, token+at)
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		if q.sign == encoding.EncodeToString(plain) || strings.ReplaceAll(q.sign, " ", "+") == encoding.EncodeToString(plain) {
			return "it is the right SHA-256, but in Base64"
		}
	}
	return ""
}

// is reports whether the Sign is the hexadecimal digest of text.
func (q Query) is(digest func() hash.Hash, text string) bool {
	return strings.EqualFold(q.sign, hex.EncodeToString(sum(digest, text)))
}

func sum(digest func() hash.Hash, text string) []byte {
	h := digest()
	h.Write([]byte(text))
	return h.Sum(nil)
}

func mac(digest func() hash.Hash, key, text string) []byte {
	h := hmac.New(digest, []byte(key))
	h.Write([]byte(text))
	return h.Sum(nil)
}
