package cli_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/cli"
	"github.com/switchhook/switchhook/dispatcher/config"
)

// write puts text into a file of a new folder.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// serve runs `serve args…` with run in the gateway's place.
func serve(t *testing.T, run func(context.Context, cli.Serve) error, args ...string) (code int, stderr string) {
	t.Helper()
	var out, complaints bytes.Buffer
	code = cli.Program{Serve: run}.Execute(t.Context(), append([]string{"serve"}, args...), nil, &out, &complaints)
	return code, complaints.String()
}

func TestReloadReadsFilesAgainAndKeepsTheFlags(t *testing.T) {
	t.Parallel()
	file := write(t, "a.yaml", "listen: ':7000'\napps:\n  '1': {name: old, insecure: true}\n")
	tokens := write(t, "tokens", "first\n")
	code, stderr := serve(t, func(_ context.Context, s cli.Serve) error {
		if err := errors.Join(
			os.WriteFile(file, []byte("listen: ':7001'\ncallback_path: /new\napps:\n  '1': {name: new, insecure: true}\n"), 0o600),
			os.WriteFile(tokens, []byte("first\nsecond\n"), 0o600),
		); err != nil {
			return err
		}
		again, err := s.Reload()
		if err != nil {
			return err
		}
		before, after := s.Config.Apps["1"], again.Apps["1"]
		if diff := cmp.Diff([]config.Secret{"first"}, before.Tokens); diff != "" {
			t.Errorf("tokens at start (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]config.Secret{"first", "second"}, after.Tokens); diff != "" {
			t.Errorf("tokens after the reload (-want +got):\n%s", diff)
		}
		got := []string{before.Name, after.Name, s.Config.Listen, again.Listen, again.CallbackPath}
		if diff := cmp.Diff([]string{"old", "new", ":9000", ":9000", "/new"}, got); diff != "" {
			t.Errorf("names and addresses (-want +got):\n%s", diff)
		}
		if err := os.WriteFile(file, []byte("lissten: x\n"), 0o600); err != nil {
			return err
		}
		if _, err := s.Reload(); err == nil {
			t.Error("a wrong file was taken over")
		}
		return nil
	}, "--config", file, "--listen", ":9000", "--app", "1=@"+tokens)
	if code != cli.ExitOK {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestServeEndsWithTheGatewaysFate(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err    error
		code   int
		stderr string
	}{
		"a clean stop":                        {nil, cli.ExitOK, ""},
		"a failure":                           {errors.New("listen :8080: in use"), cli.ExitFailed, "switchhook: listen :8080: in use\n"},
		"a mistake that only the gateway saw": {config.Problems{{File: "a.yaml", Line: 3, Column: 1, Key: "routes", Message: "no such plugin"}}, cli.ExitUsage, "a.yaml:3:1: routes: no such plugin\nswitchhook: the configuration has 1 mistake\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stderr := serve(t, func(context.Context, cli.Serve) error { return test.err }, "--app", "1")
			if code != test.code || stderr != test.stderr {
				t.Errorf("got %d, %q\nwant %d, %q", code, stderr, test.code, test.stderr)
			}
		})
	}
}

func TestServeLogsJSONWhereNobodyWatches(t *testing.T) {
	t.Parallel()
	_, stderr := serve(t, func(ctx context.Context, s cli.Serve) error {
		s.Logger.InfoContext(ctx, "gateway ready")
		return nil
	}, "--app", "1")
	if !strings.HasPrefix(stderr, "{") || !strings.Contains(stderr, `"msg":"gateway ready"`) {
		t.Errorf("log = %q", stderr)
	}
}
