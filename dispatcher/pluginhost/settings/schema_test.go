package settings_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/pluginhost/settings"
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
		unusable, err := settings.Check("p", json.RawMessage(schema), json.RawMessage(config))
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
		unusable, err := settings.Check("p", json.RawMessage(schema), json.RawMessage(`{"a": 1}`))
		if unusable == nil || err != nil {
			t.Errorf("%s: unusable %v, refused %v", schema, unusable, err)
		}
	}
	for _, schema := range []string{``, `true`, `{}`, `{"$schema": "http://json-schema.org/draft-07/schema#", "definitions": {}}`, `{"$schema": "http://json-schema.org/draft-04/schema#"}`} {
		unusable, err := settings.Check("p", json.RawMessage(schema), json.RawMessage(`{"a": 1}`))
		if unusable != nil || err != nil {
			t.Errorf("%s: unusable %v, refused %v", schema, unusable, err)
		}
	}
}
