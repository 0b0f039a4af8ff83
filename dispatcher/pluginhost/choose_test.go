package pluginhost_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
)

// Programs of these tests, by the hashes that stand for them.
const (
	servingSum = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	newerSum   = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	passedSum  = "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
)

func recorded() pluginhost.Record {
	return pluginhost.Record{
		Path: "/plugins/words", Configured: "/plugins/words", SHA256: servingSum,
		PassedOver: []pluginhost.PassedOver{{SHA256: passedSum, Why: "it was rolled back", Since: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}},
	}
}

func TestStartOfTheGatewayChoosesAProgram(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		config pluginhost.PluginConfig
		record pluginhost.Record
		file   string
		first  bool
		kept   string
	}{
		"a plugin that never served runs from its file":     {file: newerSum, first: true},
		"the file that serves is run":                       {record: recorded(), file: servingSum, first: true},
		"a new file is tried, with what served behind it":   {record: recorded(), file: newerSum, first: true, kept: servingSum},
		"a file that was given up is not tried":             {record: recorded(), file: passedSum, kept: servingSum},
		"a file that cannot be read costs nothing":          {record: recorded(), kept: servingSum},
		"a missing file without a record is tried and told": {first: true},
		"a pin that what served does not fit asks for the file": {
			config: pluginhost.PluginConfig{SHA256: newerSum}, record: recorded(), file: newerSum, first: true,
		},
		"a pin that does not fit forbids what served too": {
			config: pluginhost.PluginConfig{SHA256: newerSum}, record: recorded(), file: passedSum, first: true,
		},
		"a pin that only what served fits keeps it at hand": {
			config: pluginhost.PluginConfig{SHA256: servingSum}, record: recorded(), file: newerSum, first: true, kept: servingSum,
		},
		"a program in place has no copy": {
			config: pluginhost.PluginConfig{InPlace: true}, record: recorded(), file: passedSum, first: true,
		},
		"what served in place has none either": {
			record: pluginhost.Record{SHA256: servingSum, InPlace: true}, file: newerSum, first: true,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.config.Name = "words"
			p, err := pluginhost.PlanOf("/plugins", tt.config)
			if err != nil {
				t.Fatal(err)
			}
			if first, kept := pluginhost.Choose(p, tt.record, tt.file); first != tt.first || kept != tt.kept {
				t.Errorf("file first is %v and should be %v; kept is %q and should be %q", first, tt.first, kept, tt.kept)
			}
		})
	}
}

func TestReloadedPathHoldsUntilTheConfigurationChanges(t *testing.T) {
	t.Parallel()
	reloaded := recorded()
	reloaded.Path = "/plugins/words-2"
	elsewhere := reloaded
	elsewhere.Configured = "/opt/words"
	never := reloaded
	never.SHA256 = ""
	tests := map[string]struct {
		config pluginhost.PluginConfig
		record pluginhost.Record
		path   string
	}{
		"it holds over restarts":                   {record: reloaded, path: "/plugins/words-2"},
		"the configuration was changed since":      {record: elsewhere, path: "/plugins/words"},
		"a pin names another program":              {config: pluginhost.PluginConfig{SHA256: newerSum}, record: reloaded, path: "/plugins/words"},
		"a pin names this program":                 {config: pluginhost.PluginConfig{SHA256: servingSum}, record: reloaded, path: "/plugins/words-2"},
		"it never served":                          {record: never, path: "/plugins/words"},
		"the record is of the first release":       {record: pluginhost.Record{Path: "/old/words", SHA256: servingSum}, path: "/plugins/words"},
		"nothing was reloaded from a path":         {record: recorded(), path: "/plugins/words"},
		"a process that somebody attaches is none": {config: pluginhost.PluginConfig{Reattach: "/plugins/words"}, record: reloaded, path: "/plugins/words"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.config.Name = "words"
			p, err := pluginhost.PlanOf("/plugins", tt.config)
			if err != nil {
				t.Fatal(err)
			}
			got := pluginhost.Diverted([]pluginhost.Plan{p}, map[string]pluginhost.Record{"words": tt.record})
			if len(got) != 1 || got[0].Path() != tt.path {
				t.Errorf("plans are %+v, and the path should be %s", got, tt.path)
			}
		})
	}
}

func TestProgramOfAReloadIsNoSecondPlugin(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var plans []pluginhost.Plan
	for _, name := range []string{"other", "words", "words-2"} {
		entry(filepath.Join(dir, name)).put(t, name)
		plans = append(plans, pluginhost.Found(name, filepath.Join(dir, name)))
	}
	r := pluginhost.Record{Path: filepath.Join(dir, "words-2"), Configured: filepath.Join(dir, "words"), SHA256: servingSum}
	var got []string
	for _, p := range pluginhost.Diverted(plans, map[string]pluginhost.Record{"words": r}) {
		got = append(got, filepath.Base(p.Path()))
	}
	if diff := cmp.Diff([]string{"other", "words-2"}, got); diff != "" {
		t.Errorf("programs (-want +got):\n%s", diff)
	}
}

func TestReloadedPathOutlivesTheGateway(t *testing.T) {
	t.Parallel()
	first := start(t, "words")
	first.close(t)
	next := filepath.Join(first.dir, "next")
	entry(next).mkdir(t)
	first.install(t, "next/words", "words")
	rebuild(t, filepath.Join(next, "words"))
	err := pluginhost.NewPrograms(filepath.Join(first.data, "plugins")).Update("words", func(r *pluginhost.Record) {
		r.Path, r.SHA256 = filepath.Join(next, "words"), sumOf(entry(filepath.Join(next, "words")).read(t))
	})
	if err != nil {
		t.Fatal(err)
	}
	second := startWith(t, func(o *pluginhost.Options) { o.DataDir, o.Dir = first.data, first.dir })
	second.do(t, "words", body{})
	if s := second.status(t, "words"); s.Path != filepath.Join(next, "words") || len(second.Status()) != 1 {
		t.Errorf("status is %+v", second.Status())
	}
	rebuild(t, filepath.Join(next, "words"))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if paths, err := second.Changed(ctx); err != nil || len(paths) != 1 || paths[0] != filepath.Join(next, "words") {
		t.Errorf("noticed %v (%v)", paths, err)
	}
}

func TestCandidatesAreMadeReady(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(t *testing.T, s *shelf, serving pluginhost.Program)
		runs   []string
	}{
		"nothing changed": {change: func(*testing.T, *shelf, pluginhost.Program) {}, runs: []string{"one"}},
		"the file is new": {
			change: func(t *testing.T, s *shelf, _ pluginhost.Program) { t.Helper(); s.write(t, "two") },
			runs:   []string{"two", "one"},
		},
		"the file was given up": {
			change: func(t *testing.T, s *shelf, _ pluginhost.Program) {
				t.Helper()
				s.write(t, "two")
				if err := s.Update("words", func(r *pluginhost.Record) { r.PassOver(sumOf("two"), "it was rolled back") }); err != nil {
					t.Fatal(err)
				}
			},
			runs: []string{"one"},
		},
		"the file is gone": {
			change: func(t *testing.T, s *shelf, _ pluginhost.Program) { t.Helper(); entry(s.plan.Path()).remove(t) },
			runs:   []string{"one"},
		},
		"the file is no program any more": {
			change: func(t *testing.T, s *shelf, _ pluginhost.Program) {
				t.Helper()
				if err := os.Chmod(s.plan.Path(), 0o600); err != nil {
					t.Fatal(err)
				}
			},
			runs: []string{"one"},
		},
		"the file was given up, and the copy is damaged": {
			change: func(t *testing.T, s *shelf, serving pluginhost.Program) {
				t.Helper()
				entry(serving.File()).damage(t)
				s.write(t, "two")
				if err := s.Update("words", func(r *pluginhost.Record) { r.PassOver(sumOf("two"), "it was rolled back") }); err != nil {
					t.Fatal(err)
				}
			},
			runs: []string{"two"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShelf(t)
			tt.change(t, s, s.served(t, "1"))
			all, err := s.Candidates(s.plan, s.record(t))
			if err != nil {
				t.Fatal(err)
			}
			var runs []string
			for _, prog := range all {
				runs = append(runs, entry(prog.File()).read(t))
				if prog.Path() != s.plan.Path() || prog.SHA256() != sumOf(entry(prog.File()).read(t)) {
					t.Errorf("program is %+v", prog)
				}
			}
			if diff := cmp.Diff(tt.runs, runs); diff != "" {
				t.Errorf("programs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNothingToRunIsExplained(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	serving := s.served(t, "1")
	entry(serving.File()).damage(t)
	entry(s.plan.Path()).remove(t)
	_, err := s.Candidates(s.plan, s.record(t))
	if err == nil || !strings.Contains(err.Error(), "was changed") || !strings.Contains(err.Error(), "is missing") {
		t.Errorf("error is %v", err)
	}
}

func TestFileIsTakenUpUnasked(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]bool{newerSum: true, servingSum: false, passedSum: false, "": false} {
		if got := recorded().Fresh(servingSum, file); got != want {
			t.Errorf("%q is taken up: %v", file, got)
		}
	}
}

func TestDriftIsExplained(t *testing.T) {
	t.Parallel()
	reloaded := recorded()
	reloaded.Path = "/plugins/words-2"
	tests := map[string]struct {
		config pluginhost.PluginConfig
		record pluginhost.Record
		state  pluginhost.State // ready, where none is given
		file   string
		err    error
		says   string
	}{
		"none":                         {record: recorded(), file: servingSum},
		"missing":                      {record: recorded(), err: fmt.Errorf("look: %w", fs.ErrNotExist), says: "the file is missing; aaaaaaaaaaaa serves"},
		"unreadable":                   {record: recorded(), err: fs.ErrPermission, says: "the file cannot be read (permission denied); aaaaaaaaaaaa serves"},
		"given up":                     {record: recorded(), file: passedSum, says: "the file is cccccccccccc, passed over since 2026-01-02 03:04Z because it was rolled back; aaaaaaaaaaaa serves"},
		"not yet":                      {record: recorded(), file: newerSum, says: "the file is bbbbbbbbbbbb, not taken up yet; aaaaaaaaaaaa serves"},
		"against the pin":              {config: pluginhost.PluginConfig{SHA256: servingSum}, record: recorded(), file: newerSum, says: "the file is bbbbbbbbbbbb, which plugins.words.sha256 does not allow; aaaaaaaaaaaa serves"},
		"not yet, and nothing else":    {record: recorded(), state: pluginhost.StateBackoff, file: newerSum, says: "the file is bbbbbbbbbbbb, not taken up yet; aaaaaaaaaaaa does not serve (backoff)"},
		"missing, and nothing to miss": {record: recorded(), state: pluginhost.StateFailed, err: fs.ErrNotExist, says: "the file is missing; aaaaaaaaaaaa does not serve (failed)"},
		"another path":                 {record: reloaded, file: servingSum, says: "it was reloaded from /plugins/words-2, and the configuration names /plugins/words"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.config.Name = "words"
			if tt.state == "" {
				tt.state = pluginhost.StateReady
			}
			p, err := pluginhost.PlanOf("/plugins", tt.config)
			if err != nil {
				t.Fatal(err)
			}
			p = pluginhost.Diverted([]pluginhost.Plan{p}, map[string]pluginhost.Record{"words": tt.record})[0]
			if got := pluginhost.Drift(p, servingSum, tt.state, tt.record, tt.file, tt.err); got != tt.says {
				t.Errorf("drift is  %q\nand should be %q", got, tt.says)
			}
		})
	}
}
