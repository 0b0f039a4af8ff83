package cli_test

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/cli"
)

// Each check is printed as it ends, so that the first can end the rest.
func TestInterruptedVerifyPrintsWhatItFound(t *testing.T) {
	t.Parallel()
	file := write(t, "plugin", "#!/bin/sh\nexec goodplugin\n")
	if err := os.Chmod(file, 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	var out, complaints bytes.Buffer
	told := writerFunc(func(text []byte) (int, error) {
		if bytes.Contains(text, []byte("handshake")) {
			interrupt()
		}
		return out.Write(text)
	})
	if code := (cli.Program{}).Execute(ctx, []string{"plugin", "verify", file}, strings.NewReader(""), told, &complaints); code != cli.ExitFailed {
		t.Errorf("the exit code is %d", code)
	}
	for _, want := range []string{"  ok           handshake ", "all to leftovers, 19 checks: it was interrupted", ": 1 ok, 0 failed, "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in:\n%s", want, out.String())
		}
	}
	if !strings.Contains(complaints.String(), "context canceled") {
		t.Errorf("it complains: %s", complaints.String())
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(text []byte) (int, error) { return f(text) }
