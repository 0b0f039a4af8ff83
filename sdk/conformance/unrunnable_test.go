package conformance_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/switchhook/switchhook/sdk/conformance"
)

func TestProgramThatCannotRunIsToldWhy(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text  string
		words string
	}{
		"an empty file":               {"", "it is empty"},
		"half of a program":           {"\x7fELF and nothing else", "it is a damaged ELF file: build it again"},
		"a program for Windows":       {"MZ\x90\x00", "it is built for Windows, this is " + runtime.GOOS},
		"a program for macOS":         {"\xcf\xfa\xed\xfe", "it is built for macOS, this is " + runtime.GOOS},
		"a script without #!":         {"echo hello\n", "a script needs a first line that begins with #!"},
		"a script of no interpreter":  {"#! /no/such/node --flag\n", "it asks for /no/such/node to run it, and that is not there"},
		"a script with Windows lines": {"#!/bin/sh\r\nexit 1\r\n", "its lines end as those of Windows"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantDetail(t, verified(t, []byte(test.text)), "handshake", "the system cannot run it", test.words)
		})
	}
}

func TestLastLineOfAnUnrunnableProgramSaysHowMuchIsUnchecked(t *testing.T) {
	t.Parallel()
	said := text(t, verified(t, []byte("echo hello\n")))
	if lines := strings.Count(said, "\n"); lines > 6 || !strings.Contains(said, "and all to leftovers, 19 checks: there is no link to the plugin: see handshake") {
		t.Errorf("%d lines:\n%s", lines, said)
	}
}

func TestPluginOfManyClaimsIsDescribedInOneLine(t *testing.T) {
	t.Parallel()
	report, err := conformance.Verify(t.Context(), conformance.Options{Program: inMood(t, "claims much"), InTime: time.Nanosecond})
	if err != nil {
		t.Fatal(err)
	}
	const want = "claims Sns.CallbackBlackListAdd, Group.*, Group.*, Group.*, Group.* and 76 more; offers drain"
	if c := check(t, report, "describe"); c.Detail != want {
		t.Errorf("describe: %+v", c)
	}
}

// verified is the report on a file with that text.
func verified(t *testing.T, file []byte) conformance.Report {
	t.Helper()
	path := filepath.Join(t.TempDir(), "plugin")
	if err := os.WriteFile(path, file, 0o700); err != nil {
		t.Fatal(err)
	}
	report, err := conformance.Verify(t.Context(), conformance.Options{Program: path})
	if err != nil {
		t.Fatal(err)
	}
	return report
}
