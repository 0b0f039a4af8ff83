package config_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/config"
)

func TestReattachKeepsWhatTheFileSaysOfThePlugin(t *testing.T) {
	t.Parallel()
	file := parse(t, "plugins: {a: {enabled: false, config: {rows: 1}}}")
	before := file.Plugins
	for _, name := range []string{"a", "b"} {
		if err := file.Reattach(name, "/tmp/"+name); err != nil {
			t.Fatal(err)
		}
	}
	a := parse(t, "plugins: {a: {}}").Plugins["a"]
	a.Debug, a.Reattach = true, "/tmp/a"
	b := a
	a.Config, b.Reattach = []byte(`{"rows":1}`), "/tmp/b"
	want := map[string]config.Plugin{"a": a, "b": b}
	if diff := cmp.Diff(want, file.Plugins); diff != "" {
		t.Errorf("plugins (-want +got):\n%s", diff)
	}
	if len(before) != 1 || before["a"].Debug {
		t.Errorf("a file that was read before is changed: %+v", before)
	}
	if err := file.Reattach("a/b", "/tmp/x"); err == nil {
		t.Error("a name that is a path was taken")
	}
}
