package config_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/config"
)

// write puts a file into dir and returns its path.
func write(t *testing.T, dir, name, text string, mode fs.FileMode) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask
		t.Fatal(err)
	}
	return path
}

func TestSecretsComeFromFilesNextToTheConfiguration(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "secrets/unix", "t0k3n\n", 0o600)
	write(t, dir, "secrets/windows", "0ld\r\n", 0o600)
	public := write(t, dir, "public", "n3w", 0o644)
	path := write(t, dir, "gateway.yaml", `
apps:
  "1": {tokens: ["${file:secrets/unix}", "${file:secrets/windows}", "${file:`+public+`}"]}
plugins:
  a: {config: {password: "p:${file:secrets/unix}"}}
`, 0o644)
	file, err := config.Load(path, environment)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]config.Secret{"t0k3n", "0ld", "n3w"}, file.Apps["1"].Tokens); diff != "" {
		t.Errorf("tokens (-want +got):\n%s", diff)
	}
	if got, want := string(file.Plugins["a"].Config), `{"password":"p:t0k3n"}`; got != want {
		t.Errorf("config %s, want %s", got, want)
	}
	if diff := cmp.Diff([]config.Secret{"t0k3n"}, file.Plugins["a"].Secrets); diff != "" {
		t.Errorf("what came from elsewhere into the config (-want +got):\n%s", diff)
	}
	if len(file.Warnings) != 1 || !strings.Contains(file.Warnings.Error(), "tokens[2]: everybody on this machine may read "+public) {
		t.Errorf("warnings: %v, want one about %s", file.Warnings, public)
	}
	if want := filepath.Join(dir, "bin/plugins"); file.PluginDir == want {
		t.Errorf("a default path moved to %s: it is the working directory's", want)
	}
}

func TestATokenInAFileThatAllMayRead(t *testing.T) {
	t.Parallel()
	for mode, warnings := range map[fs.FileMode]int{0o644: 1, 0o640: 0} {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			file, err := config.Load(write(t, t.TempDir(), "gateway.yaml", "apps: {1: {tokens: [hunter2, hunter3]}}\n", mode), environment)
			if err != nil || len(file.Warnings) != warnings {
				t.Errorf("%v, warnings %v, want %d", err, file.Warnings, warnings)
			}
		})
	}
}

func TestLoadWithoutAFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, tt := range map[string]struct{ path, want string }{
		"none":      {filepath.Join(dir, "none.yaml"), "no such file"},
		"a folder":  {dir, "not a regular file"},
		"too large": {write(t, dir, "large.yaml", strings.Repeat("#", 1<<20+1), 0o600), "larger than 1MiB"},
		"no text":   {write(t, dir, "binary.yaml", "\xff\xfe", 0o600), "not text"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Load(tt.path, nil)
			if err == nil || !strings.Contains(err.Error(), "read configuration: ") || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Load: %v, want %q", err, tt.want)
			}
			if _, ok := errors.AsType[config.Problems](err); ok {
				t.Error("an unreadable file is no mistake in it")
			}
		})
	}
}

func TestProblemsAreErrorsOfTheirOwn(t *testing.T) {
	t.Parallel()
	_, err := config.Parse("gateway.yaml", []byte("listen: 1\ndata_dir: 2\n"), environment)
	problem, ok := errors.AsType[config.Problem](err)
	want := config.Problem{
		File: "gateway.yaml", Line: 1, Column: 9, Key: "listen",
		Message: "wants a text, in quotes if it looks like something else, and this is a number",
	}
	if diff := cmp.Diff(want, problem); !ok || diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, want string }{
		"an unknown command":                    {"routes: {Sns.CallbackBlacklistsAdd: {handlers: [a]}}", "routes.Sns.CallbackBlacklistsAdd: is not a command of the catalogue (did you mean Sns.CallbackBlackListAdd?)"},
		"an unknown family":                     {"routes: {Snss.*: {handlers: [a]}}", "(did you mean Sns.*?)"},
		"nothing like it":                       {"routes: {Teapot.CallbackBoiled: {handlers: [a]}}", "is not a command of the catalogue"},
		"a policy where none is asked":          {"routes: {Sns.CallbackBlackListAdd: {on_failure: deny}}", "on_failure: changes nothing"},
		"a policy for an unknown family":        {"routes: {Foo.*: {on_failure: deny}}", "routes.Foo.*: is not a command"},
		"a policy for an unknown decision":      {"routes: {Foo.CallbackBeforeBar: {on_failure: deny}}", "routes.Foo.CallbackBeforeBar: is not a command"},
		"a handler that is switched off":        {"plugins: {a: {enabled: false}}\nroutes: {Sns.*: {handlers: [a]}}", "names a, which is not enabled"},
		"two plugins of one file":               {"plugins: {a: {path: x}, b: {path: ./x}}", "plugins.b.path: is the path of plugin a"},
		"a plugin in debug":                     {"plugins: {a: {debug: true}}", "plugins.a.debug: takes health checks and deadlines away"},
		"a plugin that wants more than is kept": {"plugins: {a: {since: 200h}}", "plugins.a.since: reaches further back than inbox.retention, which keeps what has been handled for 168h"},
		"a stall":                               {"inbox: {on_full: stall}", "inbox.on_full: holds requests past the 2s that Tencent waits, which helps only where the retry"},
		"a delivery of a decision":              {"inbox: {deliveries: {Group.CallbackBeforeSendMsg: {order: group}}}", "changes nothing: Tencent waits for the answer to Group.CallbackBeforeSendMsg"},
		"a delivery of what nobody knows":       {"inbox: {deliveries: {Sns.CallbackBlacklists*: {order: user}}}", "inbox.deliveries.Sns.CallbackBlacklists*: is not a command"},
		"a durable family of decisions":         {"routes: {Foo.CallbackBar: {mode: durable}}", "routes.Foo.CallbackBar: is not a command"},
		"a timeout of an event that is stored":  {"routes: {Sns.CallbackBlackListAdd: {timeout: 5s}}", "routes.Sns.CallbackBlackListAdd.timeout: changes nothing for an event that is answered once it is stored"},
		"the same, of an app":                   {"apps: {1: {tokens: [x], routes: {Sns.CallbackBlackListAdd: {mode: durable, timeout: 5s}}}}\nroutes: {'*': {mode: sync}}", "apps.1.routes.Sns.CallbackBlackListAdd.timeout: changes nothing"},
		"spans in clear text":                   {"tracing: {endpoint: 'a:4317', insecure: true}", "tracing.insecure: sends spans, and the headers with their secrets, to a in clear text"},
		"an insecure app":                       {"apps: {1: {insecure: true}}", "accepts callbacks from anybody"},
		"an admin listener for other machines":  {"admin: {listen: ':9480'}", "admin.listen: is open to other machines"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := parse(t, tt.text).Warnings; len(got) != 1 || !strings.Contains(got.Error(), tt.want) || got[0].Line == 0 {
				t.Errorf("warnings: %v, want one with its place: %s", got, tt.want)
			}
		})
	}
}

func TestNothingSuspicious(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a slow after-command":                      "routes: {Sns.CallbackBlackListAdd: {timeout: 30s, mode: sync}}",
		"one that is sync by its family":            "routes: {Sns.CallbackBlackListAdd: {timeout: 30s}, Sns.*: {mode: sync}}",
		"one of an app":                             "apps: {1: {tokens: [x], routes: {Sns.CallbackBlackListAdd: {timeout: 30s}}}}\nroutes: {Sns.*: {mode: sync}}",
		"everything durable":                        `routes: {"*": {mode: durable}}`,
		"no window for duplicates":                  "inbox: {duplicate_window: 0s}",
		"everything":                                `routes: {"*": {handlers: [audit]}}`,
		"a family":                                  "routes: {Group.*: {handlers: [audit], on_failure: allow}}",
		"another loopback address":                  "admin: {listen: '[::1]:9480'}",
		"a policy for a family's decisions to come": "routes: {State.*: {on_failure: deny}}",
		"a collector on this machine":               "tracing: {endpoint: '127.0.0.1:4317', insecure: true, sample_ratio: 1}",
		"a collector behind a path":                 "tracing: {endpoint: 'otlp.example:443/otlp/v1/traces', protocol: http, headers: {authorization: 'Basic eA=='}, sample_ratio: 2.5e-1}",
		"any free ports":                            "listen: '127.0.0.1:0'\nadmin: {listen: '127.0.0.1:0'}",
		"one port on two hosts":                     "listen: '10.0.0.1:9480'",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := parse(t, text).Warnings; len(got) != 0 {
				t.Errorf("warnings: %v", got)
			}
		})
	}
}

func TestASecretIsNotPrinted(t *testing.T) {
	t.Parallel()
	secret := config.Secret("hunter2")
	text, err := json.Marshal([]config.Secret{secret})
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{
		fmt.Sprint(secret), fmt.Sprintf("%v %s %+v %#v %q", secret, secret, secret, secret, secret),
		fmt.Sprintf("%+v", config.App{Tokens: []config.Secret{secret}}), string(text), secret.LogValue().String(),
	} {
		if strings.Contains(shown, "hunter2") {
			t.Errorf("the secret is shown: %s", shown)
		}
	}
	if secret.Reveal() != "hunter2" {
		t.Error("Reveal does not return the secret")
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]config.Size{
		"0": 0, "65536": 65536, "1KiB": 1024, "1 MiB": 1 << 20, "1.5MiB": 3 << 19, "2GiB": 2 << 30, "10GB": 10e9, "1GB": 1e9, "64MB": 64e6, "3KB": 3000, "3MB": 3e6, "5KB": 5000, "7B": 7,
		"": -1, "MiB": -1, "-1": -1, "-1KiB": -1, "1Mib": -1, "1 TiB": -1, "1.5": -1, "NaNKiB": -1, "1e400KiB": -1, "9999999999999GiB": -1,
	} {
		t.Run("size "+text, func(t *testing.T) {
			t.Parallel()
			got, err := config.ParseSize(text)
			if (err != nil) != (want < 0) || err == nil && got != want {
				t.Errorf("ParseSize(%q) = %d, %v, want %d", text, got, err, want)
			}
			if err != nil {
				return
			}
			if again, err := config.ParseSize(got.String()); err != nil || again != got {
				t.Errorf("%q reads back as %d, %v", got, again, err)
			}
		})
	}
}
