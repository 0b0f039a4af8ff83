package config_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/config"
)

func TestOneMistakeOfAPlugin(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, want string }{
		"no process":                 {"replicas: 0", "a.replicas: wants 1 to 32 processes, not 0"},
		"too many processes":         {"replicas: 33", "a.replicas: wants 1 to 32 processes, not 33"},
		"another way to fail":        {"on_error: panic", "a.on_error: wants degrade, to serve without the plugin and go on trying, or abort"},
		"no restart at all":          {"restart: {budget: 0}", "a.restart.budget: wants 1 or more"},
		"a window of nothing":        {"restart: {window: 0s}", "a.restart.window: wants a duration from 1s"},
		"restart as a number":        {"restart: 5", "a.restart: wants a map of keys and values, and this is a number"},
		"a misspelt budget":          {"restart: {budgets: 3}", "a.restart.budgets: unknown key (did you mean budget?); allowed here: budget, window"},
		"no callback at all":         {"max_in_flight: 0", "a.max_in_flight: wants 1 or more"},
		"a long wait":                {"max_wait: 2s", "a.max_wait: wants a duration from 0s to 1s, not 2s"},
		"another local state":        {"local_state: shared", `a.local_state: wants refuse, or allow for a plugin whose state may differ from gateway to gateway; not "shared"`},
		"files of a copy":            {"files: {x.py: " + strings.Repeat("ab", 32) + "}", "a.files: wants in_place: true beside it"},
		"a file outside":             {"in_place: true, files: {../x.py: " + strings.Repeat("ab", 32) + "}", "a.files.../x.py: wants a path below the folder"},
		"a file with half a hash":    {"in_place: true, files: {x.py: abcd}", "a.files.x.py: wants the 64 hex digits"},
		"a variable with a dash":     {"env: {LOG-LEVEL: debug}", "a.env.LOG-LEVEL: wants the name of a variable"},
		"the handshake's variable":   {"env: {SWITCHHOOK_PLUGIN: x}", "a.env.SWITCHHOOK_PLUGIN: is a variable by which gateway and plugin find each other"},
		"a variable of go-plugin":    {"env: {PLUGIN_MIN_PORT: '1'}", "a.env.PLUGIN_MIN_PORT: is a variable by which"},
		"a secret in a variable":     {"env: {LEVEL: '${IM_TOKEN}'}", "a.env.LEVEL: ${…} is expanded in tokens, in tracing.headers, in inbox.nats.servers and in plugins' config alone: what is secret is for the plugin's config"},
		"a number for a variable":    {"env: {LEVEL: 3}", "a.env.LEVEL: wants a text, in quotes"},
		"a user with a space":        {"isolation: {user: my user}", `a.isolation.user: wants a user's name, or its id as "1000" or "1000:1000", not "my user"`},
		"a user id without quotes":   {"isolation: {user: 1000}", "a.isolation.user: wants a text, in quotes"},
		"little memory":              {"isolation: {memory: 10MiB}", "a.isolation.memory: wants 64MiB or more, or 0 for no bound"},
		"few files":                  {"isolation: {files: 8}", "a.isolation.files: wants 32 or more"},
		"a moment of the processor":  {"isolation: {cpu: 10ms}", "a.isolation.cpu: wants 1s or more"},
		"privileges under landlock":  {"isolation: {no_new_privs: false, landlock: {}}", "a.isolation.no_new_privs: contradicts landlock"},
		"landlock as a switch":       {"isolation: {landlock: true}", "a.isolation.landlock: wants a map of keys and values"},
		"a misspelt landlock":        {"isolation: {landlock: {reads: []}}", "a.isolation.landlock.reads: unknown key (did you mean read?)"},
		"a path of nothing":          {"isolation: {landlock: {read: ['']}}", "a.isolation.landlock.read[0]: is empty"},
		"the network as a word":      {"isolation: {landlock: {network: off}}", "a.isolation.landlock.network: wants true or false"},
		"isolation on another floor": {"memory: 1GiB", "a.memory: unknown key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Parse("gateway.yaml", []byte("plugins: {a: {"+tt.text+"}}\n"), environment)
			problems, ok := errors.AsType[config.Problems](err)
			if !ok || len(problems) != 1 || !strings.Contains(err.Error(), "plugins."+tt.want) || problems[0].Line == 0 {
				t.Errorf("%q: %v\nwant one problem: %s", tt.text, err, tt.want)
			}
		})
	}
}

func TestWarningsOfAPlugin(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, want string }{
		"a token in the environment":   {"env: {DB_PASSWORD: x}", "a.env.DB_PASSWORD: looks like a secret"},
		"core files":                   {"isolation: {core: 1GiB}", "a.isolation.core: lets a crash write callbacks to the disk"},
		"a landlock around all":        {"isolation: {landlock: {read: [/]}}", "a.isolation.landlock.read[0]: leaves all"},
		"pins of all but the launcher": {"in_place: true, files: {x.py: " + strings.Repeat("ab", 32) + "}", "a.files: pins what lies beside the executable and not"},
		"a pin of the launcher alone":  {"in_place: true, sha256: " + strings.Repeat("ab", 32), "a.in_place: leaves what lies beside"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := parse(t, "plugins: {a: {"+tt.text+"}}\n").Warnings
			if len(got) != 1 || !strings.Contains(got.Error(), "plugins."+tt.want) || got[0].Line == 0 {
				t.Errorf("%v\nwant one warning: %s", got, tt.want)
			}
		})
	}
}

func TestALandlockIsStatedByStandingThere(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]*config.Landlock{
		"isolation: {}":                           nil,
		"isolation: {landlock: }":                 nil,
		"isolation: {landlock: {}}":               {Network: true},
		"isolation: {landlock: {network: false}}": {},
	} {
		got := parse(t, "plugins: {a: {"+text+"}}\n").Plugins["a"].Isolation.Landlock
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestAReloadSeesWhatIsNewOfAPlugin(t *testing.T) {
	t.Parallel()
	const base = "plugins: {a: {isolation: {landlock: {read: [/usr]}}}}\n"
	for name, tt := range map[string]struct {
		text string
		want []string
	}{
		"nothing":               {base, nil},
		"no landlock":           {"plugins: {a: {}}\n", []string{"plugins.a"}},
		"a path more":           {"plugins: {a: {isolation: {landlock: {read: [/usr, /lib]}}}}\n", []string{"plugins.a"}},
		"a variable":            {"plugins: {a: {env: {X: y}, isolation: {landlock: {read: [/usr]}}}}\n", []string{"plugins.a"}},
		"the watch of a folder": {base + "watch_plugins: false\n", []string{"watch_plugins"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, config.ReloadKeys(parse(t, base), parse(t, tt.text))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
