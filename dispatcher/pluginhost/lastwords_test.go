package pluginhost_test

import (
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
	"github.com/switchhook/switchhook/sdk"
)

// wantEnd has a plugin print lines and exit with status 2, and checks what is told of
// its end and counted.
func wantEnd(t *testing.T, h *house, name, want, reason string, lines ...string) {
	t.Helper()
	before := h.status(t, name).PID
	if _, err := h.try(t.Context(), name, body{Do: "print and exit", Text: strings.Join(lines, "\n")}); kindOf(err) != sdk.KindUnavailable {
		t.Errorf("the call that ended the plugin got %v", err)
	}
	s := h.await(t, name, func(s pluginhost.Status) bool { return s.State == pluginhost.StateReady && s.PID != before })
	if s.Error != want {
		t.Errorf("its end is told as\n%s, want\n%s", s.Error, want)
	}
	h.wantMetrics(t, `switchhook_plugin_exits_total{plugin="`+name+`",reason="`+reason+`"} 1`)
}

func TestLastWordsAreReadableAndAboutTheEnd(t *testing.T) {
	t.Parallel()
	const (
		opened = `{"time":"2026-01-01T00:00:00Z","level":"INFO","msg":"opened","dir":"/data"}`
		lost   = `{"level":"ERROR","msg":"database lost","err":"disk full\nsecond line","stack":"goroutine 1 [running]"}`
	)
	tests := map[string]struct {
		lines []string
		says  string
	}{
		"an error's message and cause":     {[]string{opened, lost}, "database lost: disk full"},
		"everyday lines left out":          {[]string{lost, opened, opened, opened}, "database lost: disk full"},
		"the last everyday line, for want": {[]string{opened, opened}, "opened"},
		"raw lines as they are":            {[]string{opened, "cannot go on", "really"}, "cannot go on | really"},
		"three lines and no more":          {[]string{"a", "b", "c", "d"}, "b | c | d"},
		"a long message cut":               {[]string{`{"level":"WARN","msg":"` + strings.Repeat("x", 2000) + `"}`}, strings.Repeat("x", 300) + "…"},
		"a panic's long line cut":          {[]string{opened, "panic: " + strings.Repeat("x", 2000)}, "panic: " + strings.Repeat("x", 293) + "…"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reason := "error"
			if strings.HasPrefix(tt.says, "panic") {
				reason = "panic"
			}
			wantEnd(t, start(t, "words"), "words", "it exited with status 2: "+tt.says, reason, tt.lines...)
		})
	}
}
