package pluginhost_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
	"github.com/switchhook/switchhook/sdk"
)

// A secret with what escapes are for, one that came by ${NAME} to a place that the
// schema does not mark, and what must be seen of neither.
const (
	markedSecret   = `hüsh "quoted" <&> s3cr3t/+= line`
	expandedSecret = "postgres://u:p4ssw0rd@db/x"
)

func TestASecretIsSeenNowhere(t *testing.T) {
	t.Parallel()
	h := startConfiding(t, "unwell", func(o *pluginhost.Options) { o.HealthInterval = 10 * time.Millisecond })
	h.do(t, "p", body{Do: "tell"})
	eventually(t, func() bool { return strings.Count(h.log.String(), `"msg":"told"`) == 2 })

	_, err := h.try(t.Context(), "p", body{Do: "fail with the secret"})
	if want := "no login with [redacted]"; err == nil || err.Error() != want || sdk.KindOf(err) != sdk.KindPermanent {
		t.Errorf("the fault is %v (%v), want a permanent one that says %q", err, sdk.KindOf(err), want)
	}

	unwell := filepath.Join(h.data, "plugins", "p", "data", "unwell")
	if err := os.WriteFile(unwell, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := h.await(t, "p", func(s pluginhost.Status) bool { return s.Unhealthy != "" })
	if want := "no login with [redacted]"; !strings.Contains(s.Error, want) {
		t.Errorf("the error is %q, want %q in it", s.Error, want)
	}
	nothingTold(t, h)
	if err := os.Remove(unwell); err != nil {
		t.Fatal(err)
	}

	if _, err := h.try(t.Context(), "p", body{Do: "crash with the secret"}); err == nil {
		t.Error("a crash was answered")
	}
	s = h.await(t, "p", func(s pluginhost.Status) bool { return s.Restarts > 0 && s.State == pluginhost.StateReady })
	if want := "panic: cannot log in with [redacted]"; !strings.Contains(s.Error, want) {
		t.Errorf("the error is %q, want %q in it", s.Error, want)
	}
	nothingTold(t, h)

	var shown map[string]any
	if err := json.Unmarshal(s.Config, &shown); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"token": "[redacted]", "address": "[redacted]", "mode": "unwell"}
	if diff := cmp.Diff(want, shown); diff != "" {
		t.Errorf("the configuration that is shown (-want +got):\n%s", diff)
	}
}

func TestASecretInARefusalIsNotSeen(t *testing.T) {
	t.Parallel()
	h := startConfiding(t, "refuse", nil)
	s := h.await(t, "p", func(s pluginhost.Status) bool { return s.Error != "" })
	if want := "it refuses its configuration: the server does not know the token [redacted]"; !strings.Contains(s.Error, want) {
		t.Errorf("the error is %q, want %q in it", s.Error, want)
	}
	nothingTold(t, h)
	configs := []pluginhost.PluginConfig{confidingConfig(t, "refuse")}
	configs[0].MTLS = pluginhost.MTLSOff
	_, err := h.Apply(t.Context(), h.dir, configs)
	if err == nil || strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("the reload says %v", err)
	}
}

func startConfiding(t *testing.T, mode string, change func(*pluginhost.Options)) *house {
	t.Helper()
	h := build(t, func(o *pluginhost.Options) {
		o.Plugins = []pluginhost.PluginConfig{confidingConfig(t, mode)}
		if change != nil {
			change(o)
		}
	})
	h.install(t, "p", "confides")
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h
}

func confidingConfig(t *testing.T, mode string) pluginhost.PluginConfig {
	t.Helper()
	raw, err := json.Marshal(confiding{Token: markedSecret, Address: expandedSecret, Mode: mode})
	if err != nil {
		t.Fatal(err)
	}
	return pluginhost.PluginConfig{Name: "p", Config: raw, Secrets: []string{expandedSecret}}
}

// nothingTold looks for the secrets wherever the host says or keeps something.
func nothingTold(t *testing.T, h *house) {
	t.Helper()
	status, err := json.Marshal(h.Status())
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := gather(h.registry)
	if err != nil {
		t.Fatal(err)
	}
	record, err := os.ReadFile(filepath.Join(h.data, "plugins", "p", "describe.json"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	places := map[string]string{"log": h.log.String(), "status": string(status), "metrics": metrics, "describe.json": string(record)}
	for place, text := range places {
		for _, part := range []string{
			"s3cr3t", "p4ssw0rd",
			base64.RawStdEncoding.EncodeToString([]byte(markedSecret)), base64.RawStdEncoding.EncodeToString([]byte(expandedSecret)),
		} {
			if strings.Contains(text, part) {
				t.Errorf("the %s holds %q", place, part)
			}
		}
	}
}

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
		shown, secrets := pluginhost.Shield(json.RawMessage(tt.schema), json.RawMessage(config))
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
	redact := pluginhost.Redact([]string{"abcd", "abcdefgh", "xyz", pem, `q"<é`}, []string{"info", "long enough"})
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
	if got, want := pluginhost.RedactCut([]string{"abcdefgh"})("a line abcdef"), "a line [redacted]"; got != want {
		t.Errorf("a line that ends within a secret became %q, want %q", got, want)
	}
	if got, want := pluginhost.RedactCut([]string{"abcdefgh"})("a line abc"), "a line abc"; got != want {
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
		shown, secrets := pluginhost.Shield(json.RawMessage(schema), config)
		if !json.Valid(shown) {
			t.Errorf("%q is no JSON", shown)
		}
		if _, err := pluginhost.CheckSettings("p", json.RawMessage(schema), config); err != nil && strings.Contains(secret, "\x01") {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%v shows the secret", err)
			}
		}
		again := pluginhost.ShownConfig(json.RawMessage(schema), config, secret)
		if !json.Valid(again) {
			t.Errorf("%q is no JSON", again)
		}
		if len(secrets) == 0 || len(secret) < 4 || strings.Contains("[redacted]", secret) {
			return
		}
		redact := pluginhost.Redact(secrets, nil)
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

func BenchmarkALogLine(b *testing.B) {
	const line = `{"time":"2026-01-02T03:04:05Z","level":"INFO","msg":"a callback was answered","command":"Sns.CallbackBlackListAdd","took":"1.5ms"}`
	log := slog.New(slog.DiscardHandler)
	for name, secrets := range map[string][]string{"no secrets": nil, "one secret": {markedSecret}, "ten secrets": {
		"secret-0-aaaa", "secret-1-bbbb", "secret-2-cccc", "secret-3-dddd", "secret-4-eeee",
		"secret-5-ffff", "secret-6-gggg", "secret-7-hhhh", "secret-8-iiii", "secret-9-jjjj",
	}} {
		b.Run(name, func(b *testing.B) {
			lines := make([]string, b.N)
			for i := range lines {
				lines[i] = line
			}
			b.ReportAllocs()
			b.ResetTimer()
			pluginhost.LogLines(log, secrets, lines...)
		})
	}
}
