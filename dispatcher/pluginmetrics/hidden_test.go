package pluginmetrics_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/pluginmetrics"
)

// What a plugin measures is for other machines to read, and its secrets are not.
func TestASecretIsNotShown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // nobody is late while the clock stands still
		const secret = "hunter2hunter2"
		s := newScene(t)
		told := gauge("told", "before "+secret, "plain")
		told.Help = new("How often " + secret + " was used.")
		asked := giving(told, gauge("name_"+secret))
		s.plugins["p"] = []pluginmetrics.Process{{ID: asked, Collect: asked.collect, Hide: func(text string) string {
			return strings.ReplaceAll(text, secret, "[redacted]")
		}}}

		values := s.scrape()
		want := []string{`told{kind="before [redacted]",plugin="p",replica="0"}`, `told{kind="plain",plugin="p",replica="0"}`}
		if diff := cmp.Diff(want, handlers(values)); diff != "" {
			t.Errorf("want (-), shown (+):\n%s", diff)
		}
		if diff := cmp.Diff(map[string]float64{"invalid_name": 1}, dropped(values, "p")); diff != "" {
			t.Errorf("want (-), left out (+):\n%s", diff)
		}
		families, err := s.registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if strings.Contains(f.String(), secret) {
				t.Errorf("it is told by %s", f)
			}
		}
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log tells it: %s", s.log)
		}
	})
}
