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

// registers is the end of what a Go runtime prints when C code in it fails.
const registers = "PC=0x7f0000 m=0 sigcode=18446744073709551610\n\ngoroutine 0 gp=0xb5c0e0 m=0 mp=0xb5ce60 [idle]:\n" +
	"rax    0x0\nrbx    0x1\nrcx    0x7f0000\ncs     0x33\nfs     0x0\ngs     0x0"

func TestTheReportOfARuntimeIsToldByItsFirstLine(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ says, reason, lines string }{
		"a thread that C cannot create": {
			"runtime/cgo: pthread_create failed: Resource temporarily unavailable", "oom_suspected",
			"runtime/cgo: pthread_create failed: Resource temporarily unavailable\nSIGABRT: abort\n" + registers,
		},
		"a heap that cannot grow": {
			"runtime: out of memory: cannot allocate 4194304-byte block (536870912 in use)", "oom_suspected",
			"runtime: out of memory: cannot allocate 4194304-byte block (536870912 in use)\nfatal error: out of memory\n\ngoroutine 1:",
		},
		"a mapping that is refused": {
			"fatal error: runtime: cannot allocate memory", "oom_suspected", "fatal error: runtime: cannot allocate memory\n" + registers,
		},
		"an abort in C":   {"SIGABRT: abort", "signal", "SIGABRT: abort\n" + registers},
		"a segfault in C": {"SIGSEGV: segmentation violation", "signal", "SIGSEGV: segmentation violation\n" + registers},
		"a fault in the runtime": {
			"fatal error: unexpected signal during runtime execution [signal SIGSEGV: segmentation violation code=0x1 addr=0x8]", "panic",
			"fatal error: unexpected signal during runtime execution\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x8]\n" + registers,
		},
		"Node.js": {
			"FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", "oom_suspected",
			"FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n 1: 0x1\n 2: 0x2\n 3: 0x3\n 4: 0x4",
		},
		"Python":                {"MemoryError", "oom_suspected", "Traceback (most recent call last):\n  File \"p\"\nMemoryError"},
		"a signal that is none": {"SIGHUP: reloading | bye", "error", "SIGHUP: reloading\nbye"},
		"one that it survived":  {"bye", "error", "fatal error: out of memory\n{\"msg\":\"on we go\"}\n{\"level\":\"ERROR\",\"msg\":\"bye\"}"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantEnd(t, start(t, "words"), "words", "it exited with status 2: "+tt.says, tt.reason, tt.lines)
		})
	}
}
