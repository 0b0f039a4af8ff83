package pluginhost_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
	"github.com/switchhook/switchhook/sdk/wire"
)

func sumOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// The plugin reads the file beside it, which no private copy of it would find.
func TestInterpretedPluginRunsInPlace(t *testing.T) {
	t.Parallel()
	part := fmt.Sprintf("unset %s\nexport %s=words\n", wire.CookieKey, moodKey)
	h := build(t, func(o *pluginhost.Options) {
		o.Plugins = []pluginhost.PluginConfig{{
			Name: "words", Path: filepath.Join(o.Dir, "main"), InPlace: true,
			Files: map[string]string{"lib/part.sh": sumOf(part)},
		}}
	})
	writeScript(t, filepath.Join(h.dir, "main"), fmt.Sprintf(". \"${0%%/*}/lib/part.sh\"\nexec '%s'", self(t)))
	if err := os.Mkdir(filepath.Join(h.dir, "lib"), 0o700); err != nil {
		t.Fatal(err)
	}
	entry(filepath.Join(h.dir, "lib", "part.sh")).put(t, part)
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.do(t, "words", body{})
	if s := h.status(t, "words"); s.SHA256 != sumOf(entry(filepath.Join(h.dir, "main")).read(t)) {
		t.Errorf("the hash is not the program's: %s", s.SHA256)
	}
	if _, err := os.Stat(filepath.Join(h.data, "plugins", "words", "programs")); err == nil {
		t.Error("a copy was made")
	}
}

func TestPinnedFilesAreCheckedBeforeEachStart(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(t *testing.T, dir string)
		says   []string
	}{
		"a file is another": {
			change: func(t *testing.T, dir string) { t.Helper(); entry(filepath.Join(dir, "a.py")).put(t, "b") },
			says:   []string{"a.py", sumOf("a"), sumOf("b"), "plugins.p.files", "put the file back, or change the pin"},
		},
		"a file is missing": {
			change: func(t *testing.T, dir string) { t.Helper(); entry(filepath.Join(dir, "a.py")).remove(t) },
			says:   []string{"a.py is missing", sumOf("a"), "put it back, or take it out of files"},
		},
		"a file is a directory": {
			change: func(t *testing.T, dir string) {
				t.Helper()
				entry(filepath.Join(dir, "a.py")).remove(t)
				if err := os.Mkdir(filepath.Join(dir, "a.py"), 0o700); err != nil {
					t.Fatal(err)
				}
			},
			says: []string{"a.py", "not a regular file"},
		},
		"the program is another": {
			change: func(t *testing.T, dir string) { t.Helper(); entry(filepath.Join(dir, "p")).put(t, "q") },
			says:   []string{sumOf("p"), sumOf("q"), "runs in place", "switchhook plugin reload p"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			entry(filepath.Join(dir, "p")).put(t, "p")
			entry(filepath.Join(dir, "a.py")).put(t, "a")
			p := planned(t, pluginhost.PluginConfig{
				Name: "p", Path: filepath.Join(dir, "p"), InPlace: true, Files: map[string]string{"./a.py": "sha256:" + sumOf("a")},
			})
			s := pluginhost.NewPrograms(t.TempDir())
			prog, err := s.Stage(p)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Recheck(p, prog); err != nil {
				t.Fatal(err)
			}
			tt.change(t, dir)
			err = s.Recheck(p, prog)
			for _, want := range tt.says {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
		})
	}
}

func TestPinsOfFilesAreReadStrictly(t *testing.T) {
	t.Parallel()
	good := strings.Repeat("ab", 32)
	tests := map[string]struct {
		config pluginhost.PluginConfig
		says   string
	}{
		"for a program that is copied": {pluginhost.PluginConfig{Files: map[string]string{"a": good}}, "in_place: true"},
		"outside the directory":        {pluginhost.PluginConfig{InPlace: true, Files: map[string]string{"../a": good}}, `"../a" must be a path below`},
		"with an absolute path":        {pluginhost.PluginConfig{InPlace: true, Files: map[string]string{"/etc/a": good}}, "without a leading slash"},
		"without a hash":               {pluginhost.PluginConfig{InPlace: true, Files: map[string]string{"a": ""}}, "needs the sha256"},
		"with something else":          {pluginhost.PluginConfig{InPlace: true, Files: map[string]string{"a": "abc"}}, "64 hexadecimal digits"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.config.Name = "p"
			_, err := pluginhost.PlanOf("/plugins", tt.config)
			if err == nil || !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), "plugin p") {
				t.Errorf("error is %v and should say %q", err, tt.says)
			}
		})
	}
}
