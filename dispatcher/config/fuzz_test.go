package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/config"
)

// FuzzParse holds that no text brings the reader down, that it answers with a
// file or with problems and never both, and that what it takes once it takes
// again, alike.
func FuzzParse(f *testing.F) {
	paths, err := filepath.Glob("testdata/mistakes/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range append(paths, "testdata/complete.yaml", "example.yaml") {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(uncommented()))
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := config.Parse("gateway.yaml", text, environment)
		if err != nil {
			problems, ok := errors.AsType[config.Problems](err)
			if file != nil || !ok || len(problems) == 0 {
				t.Fatalf("%v %v", file, err)
			}
			return
		}
		again, err := config.Parse("gateway.yaml", text, environment)
		if err != nil {
			t.Fatal(err)
		}
		if keys := append(config.RestartKeys(file, again), config.ReloadKeys(file, again)...); len(keys) != 0 {
			t.Errorf("the same text reads differently: %v", keys)
		}
	})
}
