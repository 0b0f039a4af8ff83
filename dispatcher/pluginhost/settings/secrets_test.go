package settings_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/pluginhost/settings"
)

func TestSecretsAreFoundWhereverTheSchemaMarksThem(t *testing.T) {
	t.Parallel()
	const config = `{"a": {"b": ["s1", "s2"], "n": 1234}, "open": "o"}`
	tests := map[string]struct {
		schema, shown string
		secrets       []string
	}{
		"a property":  {`{"properties": {"a": true, "open": {"writeOnly": true}}}`, `{"a":{"b":["[redacted]","[redacted]"],"n":"[redacted]"},"open":"[redacted]"}`, []string{"o"}},
		"all below":   {`{"properties": {"a": {"writeOnly": true}, "open": {}}}`, `{"a":{"b":["[redacted]","[redacted]"],"n":"[redacted]"},"open":"o"}`, []string{"1234", "s1", "s2"}},
		"items":       {`{"properties": {"a": {"properties": {"b": {"items": {"writeOnly": true}}, "n": {}}}, "open": {}}}`, `{"a":{"b":["[redacted]","[redacted]"],"n":1234},"open":"o"}`, []string{"s1", "s2"}},
		"one item":    {`{"properties": {"a": {"properties": {"b": {"prefixItems": [{"writeOnly": true}], "items": {}}, "n": {}}}, "open": {}}}`, `{"a":{"b":["[redacted]","s2"],"n":1234},"open":"o"}`, []string{"s1"}},
		"old items":   {`{"properties": {"a": {"properties": {"b": {"items": [{}, {"writeOnly": true}]}, "n": {}}}, "open": {}}}`, `{"a":{"b":["s1","[redacted]"],"n":1234},"open":"o"}`, []string{"s2"}},
		"a reference": {`{"properties": {"a": {"$ref": "#/$defs/x~1y%20z"}, "open": {}}, "$defs": {"x/y z": {"properties": {"n": {"writeOnly": true}, "b": {"items": {}}}}}}`, `{"a":{"b":["s1","s2"],"n":"[redacted]"},"open":"o"}`, []string{"1234"}},
		"an anchor":   {`{"properties": {"a": {"$ref": "#it"}, "open": {}}, "$defs": {"x": {"$anchor": "it", "additionalProperties": {"items": {}}}}}`, `{"a":{"b":["s1","s2"],"n":1234},"open":"o"}`, nil},
		"beside a reference": {
			`{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {}, "open": {"$ref": "#/definitions/t", "writeOnly": true}}, "definitions": {"t": {"type": "string"}}}`,
			`{"a":{"b":["[redacted]","[redacted]"],"n":"[redacted]"},"open":"[redacted]"}`,
			[]string{"o"},
		},
		"a reference to nowhere": {`{"properties": {"a": {"$ref": "#/nowhere"}, "open": {}}}`, `{"a":{"b":["[redacted]","[redacted]"],"n":"[redacted]"},"open":"o"}`, []string{"1234", "s1", "s2"}},
		"a circle":               {`{"$ref": "#", "properties": {"a": {"$ref": "#"}, "b": {"items": {}}, "n": {}, "open": {"writeOnly": true}}}`, `{"a":{"b":["s1","s2"],"n":1234},"open":"[redacted]"}`, []string{"o"}},
		"an alternative":         {`{"anyOf": [{"properties": {"open": {"oneOf": [{"type": "integer"}, {"writeOnly": true}]}}}], "allOf": [{"properties": {"a": {"additionalProperties": {"items": {}}}}}]}`, `{"a":{"b":["s1","s2"],"n":1234},"open":"[redacted]"}`, []string{"o"}},
		"a pattern":              {`{"patternProperties": {"^o": {"writeOnly": true}}, "additionalProperties": {"additionalProperties": {"items": {}}}}`, `{"a":{"b":["s1","s2"],"n":1234},"open":"[redacted]"}`, []string{"o"}},
		"another case":           {`{"properties": {"Open": {"writeOnly": true}, "a": {"additionalProperties": {"items": {}}}}}`, `{"a":{"b":["s1","s2"],"n":1234},"open":"[redacted]"}`, []string{"o"}},
		"no schema":              {``, `{"a":{"b":["[redacted]","[redacted]"],"n":"[redacted]"},"open":"[redacted]"}`, nil},
		"no JSON":                {`{`, `{"a":{"b":["[redacted]","[redacted]"],"n":"[redacted]"},"open":"[redacted]"}`, []string{"1234", "o", "s1", "s2"}},
	}
	for name, tt := range tests {
		shown, secrets := settings.Shield(json.RawMessage(tt.schema), json.RawMessage(config))
		slices.Sort(secrets)
		if diff := cmp.Diff(tt.shown, string(shown)); diff != "" {
			t.Errorf("%s: shown (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(tt.secrets, secrets); diff != "" {
			t.Errorf("%s: secrets (-want +got):\n%s", name, diff)
		}
	}
}

func TestTextsLoseTheirSecretsAndNothingElse(t *testing.T) {
	t.Parallel()
	pem := "-----BEGIN KEY-----\nTUlJRXZRSUJBREFO\n-----END KEY-----"
	redact := settings.NewRedactor([]string{"abcd", "abcdefgh", "xyz", pem, `q"<é`}, []string{"info", "long enough"}).Text
	for text, want := range map[string]string{
		"abcd abcdefghi xyz":                 "[redacted] [redacted]i xyz",
		"level info, long enough":            "level info, [redacted]",
		"key: TUlJRXZRSUJBREFO":              "key: [redacted]",
		`json q\"\u003cé go q\"<\u00e9 here`: "json [redacted] go [redacted] here",
		"url " + url.QueryEscape(`q"<é`):     "url [redacted]",
		"64 YWJjZGVmZ2g=":                    "64 [redacted]=",
		"nothing at all":                     "nothing at all",
	} {
		if got := redact(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
	if got, want := settings.NewRedactor([]string{"abcdefgh"}, nil).Cut("a line abcdef"), "a line [redacted]"; got != want {
		t.Errorf("a line that ends within a secret became %q, want %q", got, want)
	}
	if got, want := settings.NewRedactor([]string{"abcdefgh"}, nil).Cut("a line abc"), "a line abc"; got != want {
		t.Errorf("a line that ends like many became %q, want %q", got, want)
	}
}

func FuzzASecretSurvivesNoRedaction(f *testing.F) {
	f.Add(`{"properties": {"a": {"writeOnly": true}}}`, "hunter22", "before ", " after")
	f.Add(`{"additionalProperties": {"writeOnly": true}}`, "q\"\\\n<é\x00", "", "")
	f.Add(`{"properties": {"a": {"$ref": "#/properties/a", "writeOnly": 1}}}`, "[redacted]", "[red", "acted]")
	f.Add(`{"$ref": "#/$defs/%zz"}`, "aaaaaaaa", "aaaa", "aaaaaa")
	f.Add(`{`, "\xff\xfe\xfd\xfc", "", "")
	f.Fuzz(func(t *testing.T, schema, secret, before, after string) {
		config, err := json.Marshal(map[string]string{"a": secret})
		if err != nil {
			t.Fatal(err)
		}
		shown, secrets := settings.Shield(json.RawMessage(schema), config)
		if !json.Valid(shown) {
			t.Errorf("%q is no JSON", shown)
		}
		if _, err := settings.Check("p", json.RawMessage(schema), config); err != nil && strings.Contains(secret, "\x01") {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%v shows the secret", err)
			}
		}
		again := settings.Shown(json.RawMessage(schema), config, []string{secret})
		if !json.Valid(again) {
			t.Errorf("%q is no JSON", again)
		}
		if len(secrets) == 0 || len(secret) < 4 || strings.Contains("[redacted]", secret) {
			return
		}
		redact := settings.NewRedactor(secrets, nil).Text
		for _, form := range []string{secrets[0], url.QueryEscape(secrets[0]), strconv.Quote(secrets[0])} {
			if got := redact(form); strings.Contains(got, secrets[0]) {
				t.Errorf("%q became %q", form, got)
			}
		}
		if got := redact(before + secrets[0] + after); !strings.Contains(got, "[redacted]") {
			t.Errorf("nothing was taken from %q", got)
		}
	})
}
