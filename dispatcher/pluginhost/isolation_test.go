package pluginhost_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
	"github.com/switchhook/switchhook/sdk/wire"
)

func TestTheEnvironmentIsTheConfigurations(t *testing.T) {
	t.Parallel()
	c := isolated(pluginhost.Isolation{})
	c.Env["GREETING"], c.Env["LANG"] = "hello = world", "de_DE.UTF-8"
	h := buildIsolated(t, c)
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	env := h.do(t, isolatedName, body{}).Env
	if !slices.Contains(env, "GREETING=hello = world") || !slices.Contains(env, "LANG=de_DE.UTF-8") {
		t.Errorf("its environment is %v", env)
	}
}

// The step still has the gateway's rights, and a variable such as LD_LIBRARY_PATH would
// have it run what the plugin's user has put somewhere.
func TestAPluginsVariablesMeanNothingToTheHiddenStep(t *testing.T) {
	t.Parallel()
	seen := filepath.Join(t.TempDir(), "seen")
	step := filepath.Join(t.TempDir(), "step")
	writeScript(t, step, "env >'"+seen+"'\nexec '"+self(t)+"' exec-plugin \"$@\"")
	c := isolated(pluginhost.Isolation{Memory: 2 << 30})
	c.Env["LD_BIND_NOW"], c.Env["LANG"] = "1", "de_DE.UTF-8"
	h := buildIsolated(t, c, func(o *pluginhost.Options) { o.Exec = []string{step} })
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	env := h.do(t, isolatedName, body{}).Env
	text := "\n" + entry(seen).read(t)
	for _, v := range []string{"LD_BIND_NOW=1", "LANG=de_DE.UTF-8", "GOMEMLIMIT="} {
		if strings.Contains(text, "\n"+v) {
			t.Errorf("the step has %s:%s", v, text)
		}
		if n := strings.Count("\n"+strings.Join(env, "\n"), "\n"+v); n != 1 {
			t.Errorf("the plugin has %s %d times: %v", v, n, env)
		}
	}
	if strings.Contains(strings.Join(env, "\n"), "FOR_PLUGIN") {
		t.Errorf("the plugin has what is the step's: %v", env)
	}
}

func TestIsolationThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*pluginhost.PluginConfig)
		want   string
	}{
		"the handshake's variable": {func(c *pluginhost.PluginConfig) { c.Env[wire.CookieKey] = "x" }, "the gateway's own"},
		"a variable of go-plugin":  {func(c *pluginhost.PluginConfig) { c.Env["PLUGIN_MIN_PORT"] = "1" }, "the gateway's own"},
		"where to be attached":     {func(c *pluginhost.PluginConfig) { c.Env[wire.AttachKey] = "x" }, "the gateway's own"},
		"no name of a variable":    {func(c *pluginhost.PluginConfig) { c.Env["A=B"] = "x" }, "no name of a variable"},
		"a text that is cut":       {func(c *pluginhost.PluginConfig) { c.Env["A"] = "x\x00B=y" }, "ends a text"},
		"a user with a space":      {func(c *pluginhost.PluginConfig) { c.Isolation.User = "a b" }, "isolation.user"},
		"too little memory":        {func(c *pluginhost.PluginConfig) { c.Isolation.Memory = 1 << 20 }, "isolation.memory"},
		"too few files":            {func(c *pluginhost.PluginConfig) { c.Isolation.Files = 3 }, "isolation.files"},
		"no time":                  {func(c *pluginhost.PluginConfig) { c.Isolation.CPU = time.Millisecond }, "isolation.cpu"},
		"a core of less than none": {func(c *pluginhost.PluginConfig) { c.Isolation.Core = -1 }, "isolation.core"},
		"privileges under landlock": {func(c *pluginhost.PluginConfig) {
			c.Isolation.NewPrivileges, c.Isolation.Landlock = true, &pluginhost.Landlock{}
		}, "isolation.landlock"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := isolated(pluginhost.Isolation{})
			tt.change(&c)
			_, err := pluginhost.New(pluginhost.Options{
				DataDir: t.TempDir(), Dir: t.TempDir(), Exec: []string{self(t)}, Plugins: []pluginhost.PluginConfig{c},
			})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, without %q", err, tt.want)
			}
		})
	}
}
