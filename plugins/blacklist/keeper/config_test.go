package keeper_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/plugins/blacklist/keeper"
	"github.com/switchhook/switchhook/sdk/sdktest"
)

func TestConfig(t *testing.T) {
	t.Parallel()
	elsewhere := filepath.Join(t.TempDir(), "elsewhere.db")
	for name, test := range map[string]struct {
		config string
		wrong  []string // what the error says; none: it is fine
		file   string   // where the file is then, from the data dir if relative
	}{
		"has defaults":                       {`{}`, nil, "blacklist.db"},
		"takes a path from the data dir":     {`{"path":"sub/list.db","busy_timeout":"500ms"}`, nil, "sub/list.db"},
		"takes a path from the root":         {`{"path":"` + elsewhere + `"}`, nil, elsewhere},
		"refuses an empty path":              {`{"path":""}`, []string{"path is empty"}, ""},
		"refuses a wait of no unit":          {`{"busy_timeout":"5"}`, []string{`busy_timeout is "5"`}, ""},
		"refuses a wait of less than 1ms":    {`{"busy_timeout":"999us"}`, []string{"at least 1ms"}, ""},
		"names all that is wrong in one go":  {`{"path":"","busy_timeout":"-1s"}`, []string{"path is empty", `busy_timeout is "-1s"`}, ""},
		"names an unknown key":               {`{"pth":"a"}`, []string{"pth", "path", "busy_timeout"}, ""},
		"names the key of a wrong type":      {`{"busy_timeout":5}`, []string{"busy_timeout", "string"}, ""},
		"names the file that is none of it":  {`{"path":"."}`, []string{"open blacklist"}, ""},
		"refuses an empty wait, and says so": {`{"busy_timeout":""}`, []string{"such as 5s"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			link, err := sdktest.Open(t.Context(), keeper.Plugin(), sdktest.Options{Config: test.config, DataDir: dir})
			if (err != nil) != (test.wrong != nil) {
				t.Fatalf("got %v", err)
			}
			for _, text := range test.wrong {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("got %v, want it to say %q", err, text)
				}
			}
			if err != nil {
				return
			}
			if err := link.Close(); err != nil {
				t.Error(err)
			}
			if !filepath.IsAbs(test.file) {
				test.file = filepath.Join(dir, test.file)
			}
			if _, err := os.Stat(test.file); err != nil {
				t.Error(err)
			}
		})
	}
}
