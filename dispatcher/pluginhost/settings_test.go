package pluginhost_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
)

func TestSettingsAreHeldToTheSchemaKeyByKey(t *testing.T) {
	t.Parallel()
	const schema = `{
	  "type": "object", "additionalProperties": false, "required": ["host"],
	  "properties": {
	    "host": {"type": "string", "minLength": 2},
	    "words": {"type": ["null", "array"], "items": {"type": "string"}},
	    "port": {"type": "integer", "minimum": 1, "maximum": 65535},
	    "level": {"enum": ["low", "high"]},
	    "tls": {"$ref": "#/$defs/tls"},
	    "either": {"anyOf": [{"type": "string"}, {"type": "integer"}]}
	  },
	  "$defs": {"tls": {"type": "object", "properties": {"key": {"type": "string", "pattern": "^k"}}, "additionalProperties": {"not": {}}}}
	}`
	for config, wants := range map[string][]string{
		`{"host": "ab", "words": null, "port": 80, "level": "low", "tls": {"key": "k"}, "either": 1}`: nil,
		``:                                    {"plugins.p.config.host: is missing"},
		`{"host": "ab", "words": "hunter2"}`:  {"plugins.p.config.words: wants a list, not a text"},
		`{"host": "ab", "words": ["a", 987]}`: {"plugins.p.config.words[1]: wants a text, not a number"},
		`{"host": "h", "port": 987654, "level": "hunter2"}`: {
			"plugins.p.config.host: wants at least 2 characters", "plugins.p.config.port: wants 65535 or less",
			`plugins.p.config.level: wants one of "low", "high"`,
		},
		`{"host": "ab", "tls": {"key": "hunter2", "kee": 1}}`: {
			`plugins.p.config.tls.key: wants a text that matches "^k"`, "plugins.p.config.tls.kee: unknown key; known here: key",
		},
		`{"host": "ab", "a b": "hunter2"}`: {`plugins.p.config."a b": unknown key; known here: either, host, level, port, tls, words`},
		`{"host": "ab", "either": []}`:     {"plugins.p.config.either: fits none of the forms"},
		`[]`:                               {"plugins.p.config: wants a map of keys and values, not a list"},
		`{`:                                {"plugins.p.config: is no JSON"},
	} {
		unusable, err := pluginhost.CheckSettings("p", json.RawMessage(schema), json.RawMessage(config))
		if unusable != nil || (err == nil) != (wants == nil) {
			t.Errorf("%s: %v, %v", config, unusable, err)
			continue
		}
		for _, want := range wants {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v; want %q", config, err, want)
			}
		}
		if err != nil && (strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "987")) {
			t.Errorf("%s: a value is shown: %v", config, err)
		}
	}
}

func TestASchemaThatCannotBeUsedChecksNothing(t *testing.T) {
	t.Parallel()
	for _, schema := range []string{
		`{`, `7`, `"text"`, `{"type": 7}`, `{"$ref": "https://example.com/schema"}`, `{"$ref": "#/nowhere"}`, `{"$ref": "file:///etc/passwd"}`,
		`{"$schema": "https://example.com/of/my/own"}`, `{"pattern": "("}`, `{"maximum": 1e999999999}`,
	} {
		unusable, err := pluginhost.CheckSettings("p", json.RawMessage(schema), json.RawMessage(`{"a": 1}`))
		if unusable == nil || err != nil {
			t.Errorf("%s: unusable %v, refused %v", schema, unusable, err)
		}
	}
	for _, schema := range []string{``, `true`, `{}`, `{"$schema": "http://json-schema.org/draft-07/schema#", "definitions": {}}`, `{"$schema": "http://json-schema.org/draft-04/schema#"}`} {
		unusable, err := pluginhost.CheckSettings("p", json.RawMessage(schema), json.RawMessage(`{"a": 1}`))
		if unusable != nil || err != nil {
			t.Errorf("%s: unusable %v, refused %v", schema, unusable, err)
		}
	}
}

func TestSettingsThatBreakTheSchemaLeaveTheOldProcessServing(t *testing.T) {
	t.Parallel()
	h := build(t, nil)
	h.install(t, "p", "confides")
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := h.status(t, "p")
	bad := pluginhost.PluginConfig{Name: "p", Config: json.RawMessage(`{"words": "a", "tokn": "hunter2hunter2"}`)}
	_, err := h.Apply(t.Context(), h.dir, []pluginhost.PluginConfig{bad})
	for _, want := range []string{"plugin p", "it refuses its configuration", "plugins.p.config.words: wants a list", "plugins.p.config.tokn: unknown key"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the reload says %v, not %q", err, want)
		}
	}
	if f := h.do(t, "p", body{}); f.PID != before.PID {
		t.Errorf("process %d answers, not %d", f.PID, before.PID)
	}
	if got, want := calls(t, h), []string{"tried", "configured"}; !slices.Equal(got, want) {
		t.Errorf("Configure was called for %v, want %v: never with what breaks the schema", got, want)
	}
	if err := h.CheckStored(bad); err == nil || !strings.Contains(err.Error(), "plugins.p.config.words: wants a list") {
		t.Errorf("the stored schema says %v", err)
	}
	rebuild(t, filepath.Join(h.dir, "p"))
	if err := h.CheckStored(bad); err != nil {
		t.Errorf("the stored schema is held against another program: %v", err)
	}
	if strings.Contains(h.log.String(), "hunter2") {
		t.Error("the log shows a value of a key that nobody knows")
	}
}

func TestADryRunThatIsRefusedIsFollowedByNoConfigure(t *testing.T) {
	t.Parallel()
	h := build(t, func(o *pluginhost.Options) {
		o.Plugins = []pluginhost.PluginConfig{{Name: "p", Config: json.RawMessage(`{"mode": "refuse"}`), Disabled: true}}
	})
	h.install(t, "p", "confides")
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := h.Apply(t.Context(), h.dir, []pluginhost.PluginConfig{{Name: "p", Config: json.RawMessage(`{"mode": "refuse"}`)}})
	if err == nil || !strings.Contains(err.Error(), "it refuses its configuration") {
		t.Errorf("the reload says %v", err)
	}
	if got := calls(t, h); slices.Contains(got, "configured") {
		t.Errorf("Configure was called for %v", got)
	}
}

// calls are those of Configure that plugin p of mood "confides" got.
func calls(t *testing.T, h *house) []string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(h.data, "plugins", "p", "data", "calls"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(raw))
}
