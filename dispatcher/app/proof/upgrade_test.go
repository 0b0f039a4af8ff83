package proof_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/app/apptest"
)

// update has the inbox of today's format written anew. A format that was released
// stays as it is: make a folder for the next.
var update = flag.Bool("update", false, "write testdata/"+today+" anew")

// today is the folder of the format that is written today.
const today = "format1"

// The tests that read it come after this one, which is not parallel.
func TestTodaysFormatIsWrittenOnRequest(t *testing.T) { //nolint:paralleltest // see above
	if *update {
		writeFormat(t, filepath.Join("testdata", today))
	}
}

// An inbox that an earlier gateway has left is taken up where it stood.
func TestEveryFormatThatWasEverWrittenIsTakenUp(t *testing.T) {
	t.Parallel()
	formats, err := filepath.Glob("testdata/format*")
	if err != nil || len(formats) == 0 {
		t.Fatalf("formats: %v, %v", formats, err)
	}
	for _, folder := range formats {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			g, l := takeUp(t, folder)
			g.install("recorder", "")
			g.Start()
			v := g.Verdict(l, "recorder")
			t.Logf("PROOF upgrade from=%s %s", filepath.Base(folder), v)
			if v.Accepted != v.Delivered {
				t.Errorf("not everything was delivered: %s", v)
			}
			g.Stop()
		})
	}
}

// previous names the binary of an earlier commit, as `make upgrade` does. Without it this
// commit's own is the earlier one.
const previous = "SWITCHHOOK_PREVIOUS"

// What an earlier build has accepted for a plugin that was disabled, this one delivers:
// out of the data directory as that build has left it, once in good order and once
// killed.
func TestWhatAnEarlierBuildHasAcceptedIsDelivered(t *testing.T) {
	t.Parallel()
	ends := map[string]func(*gateway){"stopped": func(g *gateway) { g.Stop() }, "killed": func(g *gateway) { g.Kill() }}
	for end, its := range ends {
		t.Run(end, func(t *testing.T) {
			t.Parallel()
			g, l := newGateway(t, ""), apptest.NewLedger()
			g.install("recorder", "")
			this, from := g.Program, "this_build"
			if program := os.Getenv(previous); program != "" {
				g.Program, from = program, "previous_commit"
			}
			g.Start()
			g.CLI("plugin", "disable", "recorder")
			for range 20 {
				g.send(l, 10, "")
			}
			its(g)
			g.Program = this
			g.Start()
			if waits := g.Inbox().Waiting("recorder"); waits != 200 {
				t.Errorf("%d events wait, want 200", waits)
			}
			g.CLI("plugin", "enable", "recorder")
			v := g.Verdict(l, "recorder")
			t.Logf("PROOF upgrade from=%s end=%s %s", from, end, v)
			if v.Accepted != v.Delivered {
				t.Errorf("not everything was delivered: %s", v)
			}
			g.Stop()
		})
	}
}

// Places in SQLite's header, of four bytes each: https://www.sqlite.org/fileformat2.html
const (
	changeCounter = 24
	userVersion   = 60
	validFor      = 92
)

// What a newer gateway has written is left alone, and said so.
func TestANewersInboxIsRefused(t *testing.T) {
	t.Parallel()
	g, _ := takeUp(t, filepath.Join("testdata", today))
	file := g.Path("data/inbox/inbox.db")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	binary.BigEndian.PutUint32(before[userVersion:], 1000)
	if err := os.WriteFile(file, before, 0o600); err != nil {
		t.Fatal(err)
	}
	g.install("recorder", "")
	out, err := g.Command(g.Args...).CombinedOutput()
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || !strings.Contains(string(out), "newer") || !strings.Contains(string(out), "1000") {
		t.Fatalf("it ended with %v and\n%s", err, out)
	}
	after, err := os.ReadFile(file)
	if err != nil || len(after) != len(before) {
		t.Fatalf("%d bytes are %d now (%v)", len(before), len(after), err)
	}
	for _, counter := range []int{changeCounter, validFor} { // opening a file is counted in it
		copy(after[counter:counter+4], before[counter:])
	}
	if !bytes.Equal(after, before) {
		t.Error("the file was changed")
	}
	t.Logf("PROOF newer refused=yes exit=%d", exit.ExitCode())
}

// takeUp returns a gateway with the inbox of a folder, and what was accepted into it.
func takeUp(t *testing.T, folder string) (*gateway, *apptest.Ledger) {
	t.Helper()
	g, l := newGateway(t, ""), apptest.NewLedger()
	db, err := os.ReadFile(filepath.Join(folder, "inbox.db"))
	list, errList := os.ReadFile(filepath.Join(folder, "accepted.json"))
	if err = errors.Join(err, errList); err == nil {
		err = errors.Join(json.Unmarshal(list, &l.Accepted), os.MkdirAll(g.Path("data/inbox"), 0o700),
			os.WriteFile(g.Path("data/inbox/inbox.db"), db, 0o600))
	}
	if err != nil {
		t.Fatal(err)
	}
	return g, l
}

// writeFormat has a gateway keep some events for a plugin that is down, and stores
// what it leaves behind.
func writeFormat(t *testing.T, folder string) {
	t.Helper()
	g, l := newGateway(t, ""), apptest.NewLedger()
	g.install("recorder", "")
	g.Start()
	g.CLI("plugin", "disable", "recorder")
	g.send(l, 10, "")
	g.Stop()
	db, err := os.ReadFile(g.Path("data/inbox/inbox.db"))
	list, errList := json.MarshalIndent(l.Accepted, "", "\t")
	err = errors.Join(err, errList, os.MkdirAll(folder, 0o750), os.WriteFile(filepath.Join(folder, "inbox.db"), db, 0o600),
		os.WriteFile(filepath.Join(folder, "accepted.json"), append(list, '\n'), 0o600))
	if err != nil {
		t.Fatal(err)
	}
}
