package settings

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// redacted stands where a secret stood.
const redacted = "[redacted]"

// What is too short to be taken for a secret in a text: of what the author marked,
// and of what came by ${NAME}, which is as often a port or a log level.
const (
	minMarked   = 4
	minExpanded = 8
	// minLine is for the lines of a secret that has several, such as a key in PEM.
	minLine = 8
)

// Redactor takes the secrets of one plugin out of texts. A nil one has none.
type Redactor struct {
	replacer *strings.Replacer
	secrets  []string // the longest first
}

// NewRedactor returns a redactor of what the schema marks, and of what came into
// the configuration from elsewhere.
func NewRedactor(marked, expanded []string) *Redactor {
	var secrets []string
	add := func(secret string, least int) {
		if len(secret) >= least {
			secrets = append(secrets, forms(secret)...)
		}
	}
	for _, s := range marked {
		add(s, minMarked)
	}
	for _, s := range expanded {
		add(s, minExpanded)
	}
	for _, s := range slices.Concat(marked, expanded) {
		for line := range strings.Lines(s) {
			if line = strings.TrimSpace(line); line != s {
				add(line, minLine)
			}
		}
	}
	if len(secrets) == 0 {
		return nil
	}
	slices.SortFunc(secrets, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	secrets = slices.Compact(secrets)
	pairs := make([]string, 0, 2*len(secrets))
	for _, s := range secrets {
		pairs = append(pairs, s, redacted)
	}
	return &Redactor{replacer: strings.NewReplacer(pairs...), secrets: secrets}
}

// forms returns a secret as it is and as it may be printed: escaped for JSON, for
// Go and for a URL, and in base64.
func forms(secret string) []string {
	all := []string{
		secret,
		strings.Trim(strconv.Quote(secret), `"`), strings.Trim(strconv.QuoteToASCII(secret), `"`),
		url.QueryEscape(secret), url.PathEscape(secret),
		base64.RawStdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
	}
	if quoted, err := json.Marshal(secret); err == nil {
		all = append(all, string(quoted[1:len(quoted)-1]))
	}
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(secret) == nil {
		all = append(all, strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(b.String()), `"`), `"`))
	}
	// The rest is never shorter than the secret, but for quotes at its ends.
	return slices.DeleteFunc(all, func(form string) bool { return len(form) < minMarked })
}

// Text returns s without secrets.
func (r *Redactor) Text(s string) string {
	if r == nil {
		return s
	}
	return r.replacer.Replace(s)
}

// Cut returns the text of a line that was cut off, without the beginning of a
// secret at its end.
func (r *Redactor) Cut(s string) string {
	if r == nil {
		return s
	}
	for _, secret := range r.secrets {
		for n := min(len(secret)-1, len(s)); n >= minMarked; n-- {
			if strings.HasSuffix(s, secret[:n]) {
				return s[:len(s)-n] + redacted
			}
		}
	}
	return s
}

// Err returns an error that says the same without secrets, and is the same to
// errors.Is and errors.As.
func (r *Redactor) Err(err error) error {
	if r == nil || err == nil {
		return err
	}
	said := err.Error()
	text := r.Text(said)
	if text == said {
		return err
	}
	return &redactedError{text: text, err: err}
}

// redactedError is an error whose text must not be seen.
type redactedError struct {
	text string
	err  error
}

func (e *redactedError) Error() string { return e.text }
func (e *redactedError) Unwrap() error { return e.err }
