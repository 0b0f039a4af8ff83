package cli_test

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/cli"
)

var update = flag.Bool("update", false, "write docs/cli.md and the scripts' golden files instead of comparing them")

func TestReference(t *testing.T) {
	t.Parallel()
	const path = "../../docs/cli.md"
	var got bytes.Buffer
	if err := cli.Reference(&got); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("docs/cli.md is not current; run go generate ./dispatcher/cli (-file +tree):\n%s", diff)
	}
}
