package config_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/config"
)

var update = flag.Bool("update", false, "write the golden files anew")

// environment is the variables of these tests.
func environment(name string) (string, bool) {
	value, ok := map[string]string{"IM_TOKEN": "t0k3n", "OLD_TOKEN": "0ld", "TRACING_KEY": "k3y", "EMPTY": "", "ODD": "hunter2%/", "WHOLE": "tls://a:4222"}[name]
	return value, ok
}

// parse reads a text that must be right.
func parse(t *testing.T, text string) *config.File {
	t.Helper()
	file, err := config.Parse("gateway.yaml", []byte(text), environment)
	if err != nil {
		t.Fatalf("%v\nin:\n%s", err, text)
	}
	return file
}

func TestAnEmptyFileIsTheDefault(t *testing.T) {
	t.Parallel()
	want := config.Default()
	want.Path = "gateway.yaml"
	for name, text := range map[string]string{
		"nothing": "", "a comment": "# later\n", "a separator": "---\n", "empty sections": "apps:\nplugins:\nroutes:\ntls:\nadmin:\ninbox:\n",
		"an empty map": "{}", "a byte order mark": "\uFEFF# notepad\n", "line ends of Windows": "apps:\r\nroutes:\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(want, parse(t, text)); diff != "" {
				t.Errorf("(-default +got):\n%s", diff)
			}
		})
	}
}

func TestACompleteFile(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/complete.yaml")
	if err != nil {
		t.Fatal(err)
	}
	got, err := config.Parse("/etc/switchhook/gateway.yaml", text, environment)
	if err != nil {
		t.Fatal(err)
	}
	want := &config.File{
		Listen: "10.0.0.1:443", CallbackPath: "/imcallback", HealthPath: "/healthz",
		ShutdownDelay: 5 * time.Second, ShutdownGrace: 20 * time.Second, SignWindow: 90 * time.Second,
		StrictCommand: true, MaxBody: 2 << 20,
		TLS:      config.TLS{Cert: "/etc/switchhook/tls/cert.pem", Key: "/run/key.pem"},
		Admin:    config.Admin{Listen: "127.0.0.1:9999", Hosts: []string{"metrics.internal"}, Recent: 100, Pprof: true},
		LogLevel: "warn", DataDir: "/etc/switchhook/data",
		Apps: map[string]config.App{
			"1400000001": {
				Name: "shop", Tokens: []config.Secret{"t0k3n", "a${b}0ld$"}, MaxInFlight: 100,
				Routes: map[string]config.Route{"Sns.*": {Handlers: []string{"blacklist", "audit"}, Timeout: time.Second, OnFailure: "allow"}},
			},
			"1400000002": {Insecure: true, MaxInFlight: 512},
		},
		PluginDir: "/opt/plugins",
		Plugins: map[string]config.Plugin{
			"blacklist": {
				Path: "/etc/switchhook/bin/blacklist", SHA256: strings.Repeat("ab", 32), MTLS: "off", Replicas: 2, Enabled: true,
				OnError: "abort", Restart: config.Restart{Budget: 3, Window: time.Hour}, MaxInFlight: 10, LocalState: "allow",
				InPlace: true, Files: map[string]string{"lib/words.py": strings.Repeat("cd", 32)}, Since: 24 * time.Hour, LogLevel: "debug", Env: map[string]string{"LOG_LEVEL": "debug"},
				Isolation: config.Isolation{
					User: "svc", Memory: 512 << 20, Files: 1024, CPU: time.Hour, NoNewPrivs: true,
					Landlock: &config.Landlock{
						Read: []string{"/usr/lib", "/etc/switchhook/share"}, Write: []string{"/var/lib/svc"}, BestEffort: true,
					},
				},
				Config:  []byte(`{"dsn":"db://u:t0k3n@host","limits":[1,2.5,true,null,-3],"nested":{"7":"$5","text":"two\nlines\n"}}`),
				Secrets: []config.Secret{"t0k3n"},
			},
			"audit": {
				MTLS: "auto", Replicas: 1, OnError: "degrade", Restart: config.Restart{Budget: 5, Window: 10 * time.Minute}, MaxInFlight: 256,
				MaxWait: 50 * time.Millisecond, LocalState: "refuse", Isolation: config.Isolation{Files: 65536, NoNewPrivs: true}, Config: []byte("{}"),
			},
		},
		Routes: map[string]config.Route{
			"Group.CallbackBeforeSendMsg": {Handlers: []string{"policy"}, Mode: "sync", Timeout: 1500 * time.Millisecond, OnFailure: "deny", MaxInFlight: 9},
			"Sns.CallbackBlackListAdd":    {Mode: "durable"},
		},
		Inbox: config.Inbox{
			Store: "jetstream", NATS: config.NATS{
				Servers: []config.Server{"tls://im:t0k3n@nats-1.internal:4222", "nats://nats-2.internal"}, Prefix: "shop", Replicas: 5,
				TLS: config.NATSTLS{CA: "/etc/switchhook/nats/ca.pem", Cert: "/etc/switchhook/nats/cert.pem", Key: "/run/nats.pem"},
			}, MaxBytes: 2 << 30, DuplicateWindow: 10 * time.Minute, Retention: 48 * time.Hour, OnFull: "refuse", Memory: 8e6,
			Retry: config.Retry{MaxAge: 24 * time.Hour, MaxBackoff: time.Minute},
			Deliveries: map[string]config.Delivery{
				"Sns.CallbackBlackList*": {MaxInFlight: 8, Timeout: 5 * time.Second, Order: "user"}, "*": {Order: "none"},
			},
		},
		Tracing: config.Tracing{
			Endpoint: "otel.internal:4318/v1/t", Protocol: "http", CA: "/etc/switchhook/ca.pem",
			Headers: map[string]config.Secret{"x-api-key": "k3y"}, SampleRatio: 0.25,
		},
		Path: "/etc/switchhook/gateway.yaml",
	}
	warnings := []string{
		"/etc/switchhook/gateway.yaml:22:37: apps.1400000001.routes.Sns.*.handlers[1]: names audit, which is not enabled: its callbacks are unavailable",
		"/etc/switchhook/gateway.yaml:24:15: apps.1400000002.insecure: accepts callbacks from anybody who reaches the listener; set tokens before it is public",
	}
	if diff := cmp.Diff(warnings, strings.Split(got.Warnings.Error(), "\n")); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	got.Warnings = nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// uncommented makes the example's examples real.
func uncommented() string {
	return regexp.MustCompile(`(?m)^( *)#(\S)`).ReplaceAllString(string(config.Example()), "$1$2")
}

func TestTheExampleIsTheDefault(t *testing.T) {
	t.Parallel()
	want := config.Default()
	want.Path = "gateway.yaml"
	if diff := cmp.Diff(want, parse(t, string(config.Example()))); diff != "" {
		t.Errorf("(-default +example):\n%s", diff)
	}
}

func TestTheExamplesOfTheExampleWork(t *testing.T) {
	t.Parallel()
	file := parse(t, uncommented())
	app := config.App{Name: "shop", Tokens: []config.Secret{"t0k3n"}, MaxInFlight: 512}
	if diff := cmp.Diff(app, file.Apps["1400000001"]); diff != "" {
		t.Errorf("app (-want +got):\n%s", diff)
	}
	// What the example says of a plugin is what a plugin gets that says nothing.
	silent, example := parse(t, "plugins: {blacklist: {}}").Plugins["blacklist"], file.Plugins["blacklist"]
	// One section means something by standing there.
	if diff := cmp.Diff(&config.Landlock{Network: true}, example.Isolation.Landlock); diff != "" {
		t.Errorf("landlock (-default +example):\n%s", diff)
	}
	example.Isolation.Landlock = nil
	if diff := cmp.Diff(silent, example); diff != "" {
		t.Errorf("plugin (-default +example):\n%s", diff)
	}
	if len(file.Routes) != 2 || len(file.Warnings) != 0 {
		t.Errorf("routes %v, warnings %v", file.Routes, file.Warnings)
	}
}

func TestTheExampleMentionsEveryKey(t *testing.T) {
	t.Parallel()
	var tree map[string]any
	if err := yaml.Unmarshal([]byte(uncommented()), &tree); err != nil {
		t.Fatal(err)
	}
	mentions(t, reflect.TypeFor[config.File](), "", tree)
}

// mentions reports every key of a struct that none of the maps has.
func mentions(t *testing.T, structure reflect.Type, key string, maps ...map[string]any) {
	t.Helper()
	for member := range structure.Fields() {
		name, _, _ := strings.Cut(member.Tag.Get("yaml"), ",")
		if name == "-" {
			continue
		}
		var below []map[string]any
		found := false
		for _, m := range maps {
			value, ok := m[name]
			found = found || ok
			if inner, ok := value.(map[string]any); ok {
				below = append(below, inner)
			}
		}
		if !found {
			t.Errorf("the example does not mention %s%s", key, name)
			continue
		}
		switch field := member.Type; {
		case field.Kind() == reflect.Pointer:
			mentions(t, field.Elem(), key+name+".", below...)
		case field.Kind() == reflect.Struct:
			mentions(t, field, key+name+".", below...)
		case field.Kind() == reflect.Map && field.Elem().Kind() == reflect.Struct && key+name != "apps.*.routes":
			var items []map[string]any
			for _, m := range below {
				for _, item := range m {
					items = append(items, item.(map[string]any))
				}
			}
			mentions(t, field.Elem(), key+name+".*.", items...)
		}
	}
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/mistakes/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			file, err := config.Parse("gateway.yaml", text, environment)
			problems, ok := errors.AsType[config.Problems](err)
			if !ok || file != nil {
				t.Fatalf("Parse: %v %v, want problems alone", file, err)
			}
			got := problems.Error() + "\n"
			golden := strings.TrimSuffix(path, ".yaml") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if strings.Contains(got, "hunter2") {
				t.Errorf("a secret is shown:\n%s", got)
			}
		})
	}
}

func TestOneMistake(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, want string }{
		"a list for a file":         {"[]", "wants a map"},
		"a text for a file":         {"hello", "wants a map"},
		"two documents":             {"listen: ':1'\n---\nlisten: ':2'\n", "3:1: the file holds more than one document"},
		"an anchor":                 {"data_dir: &d data\n", "1:11: data_dir: an anchor (&) is not read"},
		"a merge":                   {"tls: {<<: {}}\n", "a key here must be plain text"},
		"a tag":                     {"data_dir: !!str 5\n", "data_dir: a tag (!)"},
		"not YAML":                  {"listen: \"x\n", "not YAML: "},
		"far too deep":              {"plugins: {a: {config: {a: " + strings.Repeat("[", 4000) + "}}}", "stand more than 64 deep"},
		"deep on one line":          {"routes:\n  " + strings.Repeat("- ", 4000), "stand more than 64 deep"},
		"nothing for a text":        {"listen:\ndata_dir: x\n", "listen: wants a text, in quotes if it looks like something else, and this is nothing"},
		"a number for a text":       {"data_dir: 5\n", "data_dir: wants a text"},
		"a level of no log":         {"log_level: verbose\n", `log_level: wants debug, info, warn or error, not "verbose"`},
		"a plugin's level":          {"plugins: {p: {log_level: WARN}}\n", `plugins.p.log_level: wants debug, info, warn or error, not "WARN"`},
		"a level as a variable":     {"plugins: {p: {env: {SWITCHHOOK_LOG_LEVEL: debug}}}\n", "is what log_level of the plugin sets"},
		"a text for a bool":         {"strict_command: yes\n", "wants true or false, and this is a text"},
		"a duration without unit":   {"sign_window: 60\n", `sign_window: wants a duration such as 1.5s, 500ms or 1m30s, not "60"`},
		"a negative duration":       {"shutdown_delay: -5s\n", "wants a duration such as"},
		"a duration beyond bounds":  {"sign_window: 2h\n", "from 1s to 1h0m0s, not 2h0m0s"},
		"a body beyond the link's":  {"max_body: 9MiB\n", "from 1KiB to 8MiB, not 9MiB"},
		"a size in an odd unit":     {"max_body: 1Mb\n", "wants a size such as"},
		"a negative limit":          {"apps: {1: {insecure: true, max_in_flight: -1}}\n", "wants a whole number from 0"},
		"a limit of nought":         {"apps: {1: {insecure: true, max_in_flight: 0}}\n", "wants 1 or more"},
		"no data dir":               {"data_dir: ''\n", "data_dir: wants a folder"},
		"a variable out of place":   {"data_dir: ${HOME}/data\n", "expanded in tokens, in tracing.headers, in inbox.nats.servers and in plugins' config alone"},
		"an address without port":   {"listen: localhost\n", "listen: wants host:port"},
		"a port by name":            {"listen: ':http'\n", `wants a port from 0 to 65535, not "http"`},
		"one address for both":      {"listen: ':9480'\n", "1:9: listen: is the address of admin.listen"},
		"an admin host with a port": {"admin: {hosts: ['a:1']}\n", "admin.hosts[0]: wants the bare name"},
		"a memory beyond bounds":    {"admin: {recent: 100001}\n", "admin.recent: wants a number from 0 to 100000"},
		"a path without slash":      {"callback_path: im\n", "callback_path: wants the path"},
		"a path with a pattern":     {"callback_path: /{a}\n", "callback_path: wants the path"},
		"one path for both":         {"health_path: /\n", "health_path: is callback_path as well"},
		"a certificate alone":       {"tls: {cert: c.pem}\n", "tls: has cert without key"},
		"a key alone":               {"tls: {key: k.pem}\n", "tls: has key without cert"},
		"an app without anything":   {"apps: {1400000001: {}}\n", "apps.1400000001: has no token"},
		"an app that is no number":  {"apps: {shop: {insecure: true}}\n", "apps.shop: wants an SDKAppID"},
		"an app with both":          {"apps: {1: {insecure: true, tokens: [hunter2]}}\n", "apps.1.insecure: contradicts tokens"},
		"a token that is a number":  {"apps: {1: {tokens: [123456]}}\n", "apps.1.tokens[0]: wants a text, in quotes, and this is a number"},
		"a token in a missing file": {"apps: {1: {tokens: ['${file:/nowhere/token}']}}\n", "read secret: stat /nowhere/token: no such file"},
		"a folder for a token":      {"apps: {1: {tokens: ['${file:/}']}}\n", "/ is not a regular file"},
		"a file without a path":     {"apps: {1: {tokens: ['${file:}']}}\n", "wants a path"},
		"a missing variable":        {"apps: {1: {tokens: ['${NOWHERE}']}}\n", "the environment has no variable NOWHERE"},
		"an empty variable":         {"apps: {1: {tokens: ['${EMPTY}']}}\n", "apps.1.tokens[0]: is empty"},
		"a long token":              {"apps: {1: {tokens: [" + strings.Repeat("x", 129) + "]}}\n", "has 129 bytes; a token has 1 to 128"},
		"a token of two lines":      {"apps: {1: {tokens: [\"hunter\\n2\"]}}\n", "or a line break"},
		"a token twice":             {"apps: {1: {tokens: [hunter2, hunter2]}}\n", "apps.1.tokens[1]: is the same as tokens[0]"},
		"a reference left open":     {"apps: {1: {tokens: ['hunter2${NAME']}}\n", "${ without a closing }"},
		"a reference that is none":  {"apps: {1: {tokens: ['${hunter2 !}']}}\n", "wants ${NAME} or ${file:/path}"},
		"a plugin name with a path": {"plugins: {a/b: {}}\n", "plugins.a/b: wants a name of letters"},
		"a short hash":              {"plugins: {a: {sha256: abc}}\n", "plugins.a.sha256: wants the 64 hex digits"},
		"another mtls":              {"plugins: {a: {mtls: on}}\n", `plugins.a.mtls: wants auto or off, not "on"`},
		"a plugin nowhere":          {"plugin_dir: ''\nplugins: {a: {}}\n", "plugins.a: has no path"},
		"a list for plugin config":  {"plugins: {a: {config: [1]}}\n", "plugins.a.config: wants a map"},
		"infinity in a config":      {"plugins: {a: {config: {x: {y: [.inf]}}}}\n", "plugins.a.config.x.y[0]: wants what JSON knows as well"},
		"a doubled key in a config": {"plugins: {a: {config: {x: 1, x: 2}}}\n", "plugins.a.config.x: the key stands here for the second time"},
		"a secret in a config":      {"plugins: {a: {config: {x: ['${NOWHERE}']}}}\n", "plugins.a.config.x[0]: the environment has no variable NOWHERE"},
		"a route that is no name":   {"routes: {'a b': {}}\n", "routes.a b: wants a command"},
		"another store":             {"inbox: {store: nats}\n", `1:16: inbox.store: wants sqlite, for a file of this gateway's, or jetstream, for a NATS cluster that several share; not "nats"`},
		"an inbox without room":     {"max_body: 64KiB\ninbox: {max_bytes: 1MiB}\n", "inbox.max_bytes: wants a size from 4MiB to 1048576GiB, not 1MiB"},
		"an inbox of few bodies":    {"max_body: 8MiB\ninbox: {max_bytes: 80MiB}\n", "2:20: inbox.max_bytes: wants a size from 88MiB"},
		"no retention":              {"inbox: {retention: 0s}\n", "inbox.retention: wants a duration from 1m0s"},
		"another way when full":     {"inbox: {on_full: drop}\n", `inbox.on_full: wants refuse, to fail at once, or stall`},
		"no age at all":             {"inbox: {retry: {max_age: 0s}}\n", "inbox.retry.max_age: wants a duration from 1s"},
		"a wild delivery pattern":   {"inbox: {deliveries: {'*BlackList': {}}}\n", "inbox.deliveries.*BlackList: wants a command"},
		"a delivery without places": {"inbox: {deliveries: {'*': {max_in_flight: 0}}}\n", "inbox.deliveries.*.max_in_flight: wants 1 or more"},
		"a delivery without time":   {"inbox: {deliveries: {'*': {timeout: 0s}}}\n", "inbox.deliveries.*.timeout: wants a duration from 1ms"},
		"another order":             {"inbox: {deliveries: {'*': {order: app}}}\n", "inbox.deliveries.*.order: wants user or group"},
		"a durable decision":        {"routes: {Group.CallbackBeforeSendMsg: {mode: durable}}\n", "1:46: routes.Group.CallbackBeforeSendMsg.mode: cannot be durable: Tencent waits"},
		"a durable read reply":      {"routes: {Chatbot.OnC2CSignalMessage: {mode: durable}}\n", "cannot be durable: Tencent waits"},
		"a durable unknown":         {"apps: {1: {tokens: [x], routes: {Foo.CallbackBeforeBar: {mode: durable}}}}\n", "apps.1.routes.Foo.CallbackBeforeBar.mode: cannot be durable"},
		"another mode":              {"routes: {Sns.CallbackBlackListAdd: {mode: async}}\n", `mode: wants sync, to answer when the handlers have, or durable, to answer when the event is stored; not "async"`},
		"another policy":            {"routes: {Group.CallbackBeforeSendMsg: {on_failure: block}}\n", `wants allow or deny, not "block"`},
		"a decision after 2 s":      {"routes: {Group.CallbackBeforeSendMsg: {timeout: 2s}}\n", "wants less than 2s"},
		"a family's after 2 s":      {"routes: {Group.*: {timeout: 5s}}\n", "Tencent waits for the answer to Group.CallbackBefore"},
		"no time at all":            {"routes: {Sns.CallbackBlackListAdd: {timeout: 0s}}\n", "wants more than nothing"},
		"a handler twice":           {"routes: {Sns.*: {handlers: [a, b, a]}}\n", "routes.Sns.*.handlers[2]: names a for the second time"},
		"a collector as a URL":      {"tracing: {endpoint: 'https://a:4317'}\n", `1:21: tracing.endpoint: wants host:port without "https://"`},
		"a collector without port":  {"tracing: {endpoint: collector}\n", "tracing.endpoint: wants host:port"},
		"a collector without host":  {"tracing: {endpoint: ':4317'}\n", "tracing.endpoint: wants host:port"},
		"a collector's odd port":    {"tracing: {endpoint: 'a:99999'}\n", "tracing.endpoint: wants a port"},
		"a path for gRPC":           {"tracing: {endpoint: 'a:4317/v1/traces'}\n", "tracing.endpoint: has a path, which gRPC does not know"},
		"a path with a question":    {"tracing: {endpoint: 'a:4318/v1?x', protocol: http}\n", "tracing.endpoint: wants host:port"},
		"another protocol":          {"tracing: {protocol: zipkin}\n", `tracing.protocol: wants grpc or http, not "zipkin"`},
		"more than all":             {"tracing: {sample_ratio: 1.5}\n", "1:25: tracing.sample_ratio: wants a number from 0 to 1"},
		"less than none":            {"tracing: {sample_ratio: -0.5}\n", "tracing.sample_ratio: wants a number from 0 to 1"},
		"a whole number below none": {"tracing: {sample_ratio: -1}\n", "tracing.sample_ratio: wants a number that is not negative"},
		"a ratio in words":          {"tracing: {sample_ratio: all}\n", "tracing.sample_ratio: wants a number such as 0.25, and this is a text"},
		"a ratio that is no number": {"tracing: {sample_ratio: .nan}\n", "tracing.sample_ratio: wants a number such as 0.25"},
		"a header that is no name":  {"tracing: {headers: {'x y': a}}\n", "tracing.headers.x y: wants the name of a header"},
		"a header of gRPC's":        {"tracing: {headers: {Grpc-Timeout: 1S}}\n", "tracing.headers.Grpc-Timeout: wants the name"},
		"a header of two lines":     {"tracing: {headers: {key: \"hunter2\\nx\"}}\n", "tracing.headers.key: wants a value of printable ASCII"},
		"a header from nowhere":     {"tracing: {headers: {key: '${NOWHERE}'}}\n", "tracing.headers.key: the environment has no variable NOWHERE"},
		"a certificate without TLS": {"tracing: {insecure: true, ca: ca.pem}\n", "tracing.ca: is for TLS, which insecure switches off"},
		"no handler":                {"routes: {Sns.*: {handlers: []}}\n", "routes.Sns.*.handlers: names no plugin"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Parse("gateway.yaml", []byte(tt.text), environment)
			problems, ok := errors.AsType[config.Problems](err)
			if !ok || len(problems) != 1 || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%q: %v\nwant one problem: %s", tt.text, err, tt.want)
			}
			if strings.Contains(fmt.Sprint(err), "hunter2") {
				t.Errorf("a secret is shown: %v", err)
			}
			if ok && problems[0].Line == 0 {
				t.Errorf("no place in %v", err)
			}
		})
	}
}
