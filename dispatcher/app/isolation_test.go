package app_test

import (
	"slices"
	"testing"
)

// The words come from the step that held the process to them.
func TestIsolationIsShownAndTakenOverByAReload(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.installBlacklist()
	r.configure("plugins: {blacklist: {isolation: {files: 200}}}\n")
	r.start()
	before := r.plugin("blacklist")
	if !slices.Contains(before.Isolation, "files=200") || !slices.Contains(before.Isolation, "core=0") {
		t.Errorf("isolation is %v", before.Isolation)
	}
	r.configure("plugins: {blacklist: {isolation: {files: 300, cpu: 1h}}}\n")
	r.wantRun(0, "config", "reload")
	after := r.plugin("blacklist")
	if !slices.Contains(after.Isolation, "files=300") || !slices.Contains(after.Isolation, "cpu=1h0m0s") || after.PID == before.PID {
		t.Errorf("after a reload isolation is %v, of process %d after %d", after.Isolation, after.PID, before.PID)
	}
	r.wantSaid("plugin ls", r.wantRun(0, "plugin", "ls", "blacklist"), "isolation: ", "files=300")

	r.configure("plugins: {blacklist: {env: {TOKEN: '${IM_TOKEN}'}}}\n")
	_, stderr, code := r.run("config", "reload")
	if code == 0 {
		t.Error("a secret in an environment was taken over")
	}
	r.wantSaid("config reload", stderr, "plugins.blacklist.env.TOKEN", "what is secret is for the plugin's config")
}
