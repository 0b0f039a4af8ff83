package serve_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"log/slog"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/sdktest"
	"github.com/switchhook/switchhook/sdk/serve"
	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

type storeSettings struct {
	Path    string            `json:"path" jsonschema:"where the rows are kept"`
	Rows    int               `json:"rows,omitempty"`
	Token   string            `json:"token" secret:"true"`
	Servers []server          `json:"servers"`
	Labels  map[string]string `json:"labels"`
	TLS     *tlsSettings      `json:"tls"`
}

type server struct {
	Host string `json:"host"`
	Key  string `json:"key" secret:"true"`
}

type tlsSettings struct {
	Cert string `json:"cert"`
}

// Validate has what a type cannot say.
func (s *storeSettings) Validate() error {
	if s.Rows < 0 {
		return errors.New("rows must not be negative")
	}
	return nil
}

func plain(config any) serve.Plugin {
	var mux sdk.Mux
	mux.HandleAny("Test.Any", sdk.HandlerFunc(func(context.Context, sdk.Callback) (sdk.Reply, error) { return sdk.Reply{}, nil }))
	return serve.Plugin{Name: "plain", Mux: &mux, Config: config}
}

func TestSettingsAreReadOverTheDefaults(t *testing.T) {
	t.Parallel()
	cfg := storeSettings{Path: "default.db", Rows: 7}
	sdktest.StartWith(t, plain(&cfg), sdktest.Options{Config: `{"rows": 9, "servers": [{"host": "a"}], "labels": {"any": "key"}, "tls": {"cert": "c"}}`})
	want := storeSettings{
		Path: "default.db", Rows: 9, Servers: []server{{Host: "a"}}, Labels: map[string]string{"any": "key"}, TLS: &tlsSettings{Cert: "c"},
	}
	if diff := cmp.Diff(want, cfg); diff != "" {
		t.Error(diff)
	}
}

func TestWrongSettingsAreNamed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ config, want string }{
		"all unknown keys in one go": {
			`{"paht": 1, "servers": [{"hots": "a"}], "labels": {"x": "y"}, "tls": {"certificate": "c"}}`,
			`config: unknown key "paht" (known: labels, path, rows, servers, tls, token); ` +
				`unknown key "servers.0.hots" (known: host, key); unknown key "tls.certificate" (known: cert)`,
		},
		"a wrong type by its key":        {`{"rows": "many"}`, "config: rows is a string, want integer"},
		"a wrong type within a list":     {`{"servers": [{"host": true}]}`, "config: servers.host is a bool, want string"},
		"a fraction for a whole number":  {`{"rows": 1.5}`, "config: rows is a number 1.5, want integer"},
		"what Validate says":             {`{"rows": -1}`, "config: rows must not be negative"},
		"a list in place of the object":  {`[]`, "config: it has to be an object of keys and values"},
		"something behind the object":    {`{} {}`, "config: something follows the object"},
		"an object that ends too early":  {`{"path": "x"`, "config: unexpected EOF"},
		"a value that is not even JSON":  {`{"path": x}`, "config: invalid character 'x' looking for beginning of value"},
		"a secret is not repeated in it": {`{"token": 5}`, "config: token is a number, want string"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := sdktest.Open(t.Context(), plain(&storeSettings{}), sdktest.Options{Config: test.config})
			if err == nil || err.Error() != test.want {
				t.Errorf("err = %v, want %s", err, test.want)
			}
		})
	}
}

func TestPluginWithoutSettingsTakesNone(t *testing.T) {
	t.Parallel()
	for _, config := range []string{"", "{}", " null "} {
		sdktest.StartWith(t, plain(nil), sdktest.Options{Config: config})
	}
	_, err := sdktest.Open(t.Context(), plain(nil), sdktest.Options{Config: `{"a": 1}`})
	if err == nil || err.Error() != `config: unknown key "a" (known: none)` {
		t.Errorf("err = %v", err)
	}
}

func TestSchemaSaysDefaultsAndSecretsAndRequiresNothing(t *testing.T) {
	t.Parallel()
	link := sdktest.Start(t, plain(&storeSettings{Path: "default.db", Token: "hush", Servers: []server{{Key: "hush"}}}))
	d, err := link.Describe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/schema.json", d.ConfigSchema)
	if bytes.Contains(d.ConfigSchema, []byte("hush")) {
		t.Error("the schema tells a secret")
	}
}

// hue reads its own text.
type hue int

func (h *hue) UnmarshalText(text []byte) error {
	*h = hue(len(text))
	return nil
}

func TestSchemaSaysNothingOfWhatReadsItself(t *testing.T) {
	t.Parallel()
	var cfg struct {
		Hue   hue        `json:"hue" jsonschema:"a colour"`
		Hues  []hue      `json:"hues"`
		From  netip.Addr `json:"from"`
		Until time.Time  `json:"until"`
		Level slog.Level `json:"level"`
		Count int        `json:"count,string"`
	}
	link := sdktest.StartWith(t, plain(&cfg), sdktest.Options{
		Config: `{"hue": "red", "hues": ["blue"], "from": "::1", "level": "WARN", "count": "7"}`,
	})
	d, err := link.Describe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Properties map[string]map[string]any `json:"properties"`
	}
	if err := json.Unmarshal(d.ConfigSchema, &schema); err != nil {
		t.Fatal(err)
	}
	for key, typed := range map[string]bool{"hue": false, "from": false, "until": true, "level": true, "count": false} {
		if _, got := schema.Properties[key]["type"]; got != typed {
			t.Errorf("the schema of %s is %v", key, schema.Properties[key])
		}
	}
	if items, ok := schema.Properties["hues"]["items"].(map[string]any); ok && items["type"] != nil {
		t.Errorf("the schema of an item is %v", items)
	}
}

// slashed changes its own values when they are checked.
type slashed struct {
	URL  string   `json:"url"`
	More []string `json:"more"`
}

func (s *slashed) Validate() error {
	s.URL += "/"
	s.More = append(s.More, s.URL)
	return nil
}

func TestADryRunOfSettingsLeavesThemAsTheyWere(t *testing.T) {
	t.Parallel()
	cfg := slashed{URL: "http://a"}
	s, err := serve.NewSession(plain(&cfg), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for _, config := range []string{`{}`, `{"url": "http://b", "more": ["c"]}`, `{"unknown": 1}`} {
		if _, err := s.Server().Configure(t.Context(), &wirepb.ConfigureRequest{Config: []byte(config), DryRun: true}); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(slashed{URL: "http://a"}, cfg); diff != "" {
		t.Error(diff)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, path string, raw json.RawMessage) {
	t.Helper()
	var got bytes.Buffer
	if err := json.Indent(&got, raw, "", "  "); err != nil {
		t.Fatal(err)
	}
	got.WriteByte('\n')
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Error(diff)
	}
}
