package app_test

import (
	"archive/zip"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// publishedTest is as much of package sdktest as a new plugin's test calls.
const publishedTest = `package sdktest

import (
	"testing"

	"MODULE/sdk"
	"MODULE/sdk/imevent/samples"
	"MODULE/sdk/serve"
)

type Link struct{ p serve.Plugin }

func Start(_ testing.TB, p serve.Plugin) Link { return Link{p} }

func (l Link) Decide(t testing.TB, command string, _ any) Decision {
	body, _ := samples.Request(command)
	if _, err := l.p.Mux.Handle(t.Context(), sdk.Callback{Command: command, Body: body}); err != nil {
		t.Fatal(err)
	}
	return Decision{}
}

type Decision struct{}

func (Decision) Allowed() {}
`

// publish makes a module proxy of a directory, which has one version of the SDK:
// the real packages that need nothing but the standard library, and as much of
// the others as a new plugin calls.
func (r *rig) publish(version string) (proxy string) {
	r.t.Helper()
	const module = "github.com/switchhook/switchhook"
	files := map[string]string{
		"go.mod":                 "module " + module + "\n\ngo 1.26.0\n",
		"sdk/serve/serve.go":     "package serve\n\nimport \"" + module + "/sdk\"\n\ntype Plugin struct {\n\tName, Version string\n\tMux *sdk.Mux\n}\n\nfunc (Plugin) Run() {}\n",
		"sdk/sdktest/sdktest.go": strings.ReplaceAll(publishedTest, "MODULE", module),
	}
	for _, pattern := range []string{"sdk/*.go", "sdk/imevent/*.go", "sdk/imevent/samples/*.go", "sdk/imevent/samples/*/*.json"} {
		names, err := filepath.Glob(filepath.Join(repository(r.t), pattern))
		if err != nil || len(names) == 0 {
			r.t.Fatalf("%s: %v", pattern, err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				r.t.Fatal(err)
			}
			if relative, err := filepath.Rel(repository(r.t), name); err == nil && !strings.HasSuffix(name, "_test.go") {
				files[filepath.ToSlash(relative)] = string(text)
			}
		}
	}
	at := "proxy/" + module + "/@v/" + version
	r.write(at+".info", fmt.Sprintf(`{"Version":%q,"Time":"2026-01-01T00:00:00Z"}`, version))
	r.write(at+".mod", files["go.mod"])
	archive, err := os.Create(r.path(at + ".zip"))
	if err != nil {
		r.t.Fatal(err)
	}
	w := zip.NewWriter(archive)
	for name, text := range files {
		f, err := w.Create(module + "@" + version + "/" + name)
		if err == nil {
			_, err = f.Write([]byte(text))
		}
		if err != nil {
			r.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		r.t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		r.t.Fatal(err)
	}
	return "file://" + r.path("proxy")
}

// With a published version the plugin needs no checkout.
func TestANewPluginRequiresAPublishedVersion(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	env := []string{
		"GOPROXY=" + r.publish("v0.9.9"), "GONOSUMDB=*", "GOFLAGS=-modcacherw", "GOMODCACHE=" + r.path("modcache"), "GOWORK=off", "CGO_ENABLED=0",
	}
	cmd := r.switchhook("plugin", "new", "friends", "--command", "Sns.CallbackPrevFriendAdd", "--sdk", "v0.9.9")
	cmd.Env = append(cmd.Env, env...)
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "with the SDK of v0.9.9\n") {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, want := range map[string]string{
		"friends/go.mod": "\nrequire github.com/switchhook/switchhook v0.9.9\n", "friends/go.sum": "github.com/switchhook/switchhook v0.9.9 h1:",
	} {
		text, err := os.ReadFile(r.path(name))
		if err != nil || !strings.Contains("\n"+string(text), want) || strings.Contains(string(text), "replace") {
			t.Errorf("%s (%v):\n%s", name, err, text)
		}
	}
	test := exec.Command("make", "-C", r.path("friends"), "test")
	test.Env = append(os.Environ(), env...)
	if out, err := test.CombinedOutput(); err != nil || !strings.Contains(string(out), "ok  \texample.com/friends") {
		t.Errorf("%v\n%s", err, out)
	}
	missing := r.switchhook("plugin", "new", "others", "--command", "State.StateChange", "--sdk", "v9.9.9")
	missing.Env = append(missing.Env, env...)
	out, err := missing.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "v9.9.9 could not be had: is there such a version") {
		t.Errorf("%v\n%s", err, out)
	}
}
