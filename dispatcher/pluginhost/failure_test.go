package pluginhost_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
	"github.com/switchhook/switchhook/sdk"
)

// brokenPlugin is a plugin that does not start, and what is said of it.
type brokenPlugin struct {
	mood   string
	script string // instead of a mood
	raw    string // instead of a script
	mode   os.FileMode
	config pluginhost.PluginConfig
	state  pluginhost.State
	says   []string
	reason string
}

// program writes the plugin's program, where it has one.
func (b brokenPlugin) program(t *testing.T, h *house) {
	t.Helper()
	path := filepath.Join(h.dir, "p")
	switch {
	case b.raw != "":
		if err := os.WriteFile(path, []byte(b.raw), 0o700); err != nil {
			t.Fatal(err)
		}
	case b.script != "":
		writeScript(t, path, b.script)
	case b.mood != "":
		h.install(t, "p", b.mood)
	}
	if b.mode == 0 {
		return
	}
	if err := os.Chmod(path, b.mode); err != nil {
		t.Fatal(err)
	}
}

func TestPluginThatDoesNotStartIsNamed(t *testing.T) {
	t.Parallel()
	tests := map[string]brokenPlugin{
		"prints to standard output first": {
			mood: "prints", state: pluginhost.StateFailed, reason: "handshake_failed",
			says: []string{`"connecting to the database ..."`, "standard output", "standard error"},
		},
		"speaks another protocol version": {
			mood: "old protocol", state: pluginhost.StateFailed, reason: "handshake_failed",
			says: []string{"protocol \"7\"", "speaks 1", "SDK"},
		},
		"serves net/rpc": {
			mood: "net/rpc", state: pluginhost.StateFailed, reason: "handshake_failed", says: []string{"netrpc", "only grpc"},
		},
		"serves off the machine": {
			mood: "far away", state: pluginhost.StateFailed, reason: "handshake_failed", says: []string{"192.0.2.1", "loopback"},
		},
		"speaks plaintext where TLS was expected": {
			mood: "plaintext", state: pluginhost.StateFailed, reason: "handshake_failed",
			says: []string{"plaintext", "plugins.p.mtls: off"},
		},
		"speaks TLS where plaintext was expected": {
			mood: "own TLS", config: pluginhost.PluginConfig{MTLS: pluginhost.MTLSOff},
			state: pluginhost.StateBackoff, reason: "handshake_failed", says: []string{"plugins.p.mtls", "TLS"},
		},
		"is a plugin of another host": {
			mood: "foreign", state: pluginhost.StateFailed, reason: "handshake_failed",
			says: []string{"no Switchhook plugin", "This binary is a plugin"},
		},
		"is no plugin": {
			script: "exit 0", state: pluginhost.StateFailed, reason: "handshake_failed",
			says: []string{"no Switchhook plugin", "exited with status 0"},
		},
		"fails": {
			mood: "fails", state: pluginhost.StateBackoff, reason: "handshake_failed",
			says: []string{"exited with status 3", "cannot open the database: disk full"},
		},
		"panics": {
			mood: "panics at start", state: pluginhost.StateBackoff, reason: "handshake_failed",
			says: []string{"exited with status 2", "panic: no configuration"},
		},
		"refuses its configuration": {
			mood: "choosy", state: pluginhost.StateBackoff, reason: "start_failed",
			says: []string{"refuses its configuration", "words: at least one is needed"},
		},
		"takes its configuration, and cannot start": {
			mood: "sdk without its database", state: pluginhost.StateBackoff, reason: "start_failed",
			says: []string{"its Start failed: no connection to the database"},
		},
		"is not healthy": {
			mood: "unwell", state: pluginhost.StateBackoff, reason: "start_failed", says: []string{"not healthy", "the disk is full"},
		},
		"is missing": {
			config: pluginhost.PluginConfig{Path: "/nowhere/p"}, state: pluginhost.StateFailed, reason: "start_failed",
			says: []string{"missing", "/nowhere/p"},
		},
		"is not executable": {
			script: "exit 0", mode: 0o600, config: pluginhost.PluginConfig{Name: "p"},
			state: pluginhost.StateFailed, reason: "start_failed", says: []string{"not executable", "chmod +x"},
		},
		"is a directory": {
			config: pluginhost.PluginConfig{Path: "/"}, state: pluginhost.StateFailed, reason: "start_failed",
			says: []string{"/ is not a regular file"},
		},
		"was built for another machine": {
			raw: foreignELF(), state: pluginhost.StateFailed, reason: "start_failed",
			says: []string{"cannot run it", "riscv", "exec format error"},
		},
		"is no program": {
			raw: "just a text\n", state: pluginhost.StateFailed, reason: "start_failed",
			says: []string{"cannot run it", "incomplete copy", "exec format error"},
		},
		"was copied in part": {
			raw: beginning(t, self(t), 1<<20), state: pluginhost.StateBackoff, reason: "handshake_failed",
			says: []string{"it was ended by signal", "incomplete copy", "original"},
		},
		"was hardly copied at all": {
			raw: beginning(t, self(t), 40), state: pluginhost.StateFailed, reason: "start_failed",
			says: []string{"cannot run it", "incomplete copy", "exec format error"},
		},
		"asks for an interpreter that is not there": {
			raw: "#!/nowhere/python\n", state: pluginhost.StateFailed, reason: "start_failed", says: []string{"interpreter"},
		},
		"does not match its pin": {
			mood: "words", config: pluginhost.PluginConfig{SHA256: strings.Repeat("ab", 32)},
			state: pluginhost.StateFailed, reason: "checksum_mismatch",
			says: []string{strings.Repeat("ab", 32), "plugins.p.sha256", "sha256 of"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := build(t, func(o *pluginhost.Options) {
				o.BackoffBase, o.BackoffMax = patience, patience
				tt.config.Name = "p"
				o.Plugins = []pluginhost.PluginConfig{tt.config}
			})
			tt.program(t, h)
			h.install(t, "good", "good")
			if err := h.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			s := h.status(t, "p")
			if s.State != tt.state {
				t.Errorf("state is %s, want %s", s.State, tt.state)
			}
			for _, part := range tt.says {
				if !strings.Contains(s.Error, part) {
					t.Errorf("the error does not say %q: %s", part, s.Error)
				}
			}
			if diff := cmp.Diff([]string{"starting", string(tt.state)}, h.log.states(t, "p")); diff != "" {
				t.Error(diff)
			}
			h.wantMetrics(t, `switchhook_plugin_exits_total{plugin="p",reason="`+tt.reason+`"} 1`,
				`switchhook_plugin_up{plugin="p"} 0`)
			if _, err := h.try(t.Context(), "p", body{}); kindOf(err) != sdk.KindUnavailable {
				t.Errorf("it answered %v", err)
			}
			h.do(t, "good", body{})
		})
	}
}

// beginning returns the first bytes of a file.
func beginning(t *testing.T, path string, size int) string {
	t.Helper()
	all, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(all[:size])
}

// foreignELF is the beginning of a program for a machine that runs no tests.
func foreignELF() string {
	header := make([]byte, 64)
	copy(header, "\x7fELF\x02\x01\x01")
	header[16], header[18], header[20] = 2, 243, 1 // an executable, RISC-V, version 1
	header[52], header[54], header[58] = 64, 56, 64
	return string(header)
}

func TestPlaintextLinkWorks(t *testing.T) {
	t.Parallel()
	h := startWith(t, func(o *pluginhost.Options) {
		o.Plugins = []pluginhost.PluginConfig{{Name: "plaintext", MTLS: pluginhost.MTLSOff}}
	}, "plaintext")
	f := h.do(t, "plaintext", body{})
	if strings.Contains(strings.Join(f.Env, "\n"), "PLUGIN_CLIENT_CERT") {
		t.Error("a certificate was sent though mtls is off")
	}
}

func TestPinnedPluginRuns(t *testing.T) {
	t.Parallel()
	first := start(t, "words")
	pin := first.status(t, "words").SHA256
	second := startWith(t, func(o *pluginhost.Options) {
		o.Plugins = []pluginhost.PluginConfig{{Name: "words", SHA256: "SHA256:" + strings.ToUpper(pin)}}
	})
	if s := second.status(t, "words"); s.State != pluginhost.StateFailed {
		t.Fatalf("a missing program is %s", s.State)
	}
	second.install(t, "words", "words")
	if _, err := second.Apply(t.Context(), second.dir, []pluginhost.PluginConfig{{Name: "words", SHA256: pin}}); err != nil {
		t.Fatal(err)
	}
	second.await(t, "words", func(s pluginhost.Status) bool { return s.State == pluginhost.StateReady })
	second.do(t, "words", body{})
}

func TestHangingStartIsGivenUp(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ mood, says string }{
		"before the handshake": {"hang", "no handshake"},
		"in Configure":         {"slow to configure", "no answer to Configure"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := startWith(t, func(o *pluginhost.Options) {
				o.StartTimeout = 6e9
				o.BackoffBase, o.BackoffMax = patience, patience
			}, tt.mood)
			s := h.status(t, nameOf(tt.mood))
			if s.State != pluginhost.StateBackoff || !strings.Contains(s.Error, "not ready within 6s") ||
				!strings.Contains(s.Error, tt.says) {
				t.Errorf("status is %+v", s)
			}
			if tt.mood == "hang" && !strings.Contains(s.Error, "waiting for a database") {
				t.Errorf("its last words are not told: %s", s.Error)
			}
		})
	}
}

func TestCloseEndsAStart(t *testing.T) {
	t.Parallel()
	h := build(t, nil)
	h.install(t, "hang", "hang")
	started := make(chan error, 1)
	go func() { started <- h.Start(context.Background()) }()
	eventually(t, func() bool { return len(h.log.lines(t, "waiting for a database")) == 1 })
	h.close(t)
	if err := <-started; err == nil {
		t.Error("the start says that it was completed")
	}
}
