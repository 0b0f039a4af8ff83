package pluginhost_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
)

// shelf is a store with a program to put into it.
type shelf struct {
	pluginhost.Programs

	root string // of the store
	dir  string // of the operator's files
	plan pluginhost.Plan
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	s := &shelf{root: t.TempDir(), dir: t.TempDir()}
	s.Programs = pluginhost.NewPrograms(s.root)
	s.plan = planned(t, pluginhost.PluginConfig{Name: "words", Path: filepath.Join(s.dir, "words")})
	s.write(t, "one")
	return s
}

func planned(t *testing.T, c pluginhost.PluginConfig) pluginhost.Plan {
	t.Helper()
	p, err := pluginhost.PlanOf("", c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// write replaces the operator's file.
func (s *shelf) write(t *testing.T, text string) {
	t.Helper()
	entry(s.plan.Path()).put(t, text)
}

func (s *shelf) stage(t *testing.T) pluginhost.Program {
	t.Helper()
	prog, err := s.Stage(s.plan)
	if err != nil {
		t.Fatal(err)
	}
	return prog
}

// served stages the file as it is now and records that it serves.
func (s *shelf) served(t *testing.T, version string) pluginhost.Program {
	t.Helper()
	prog := s.stage(t)
	if err := s.Serves(s.plan, prog, version); err != nil {
		t.Fatal(err)
	}
	return prog
}

func (s *shelf) record(t *testing.T) pluginhost.Record {
	t.Helper()
	r, _, err := s.Load("words")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestProgramExchangedAfterTheCheckChangesNothing(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	prog := s.stage(t)
	s.write(t, "two")
	if err := s.Recheck(s.plan, prog); err != nil {
		t.Errorf("a restart is refused: %v", err)
	}
	if got := entry(prog.File()).read(t); got != "one" {
		t.Errorf("what is executed is %q", got)
	}
	if want := filepath.Join(s.root, "words", "programs", prog.SHA256(), "words"); prog.File() != want {
		t.Errorf("the copy is %s and should be %s", prog.File(), want)
	}
	for file, mode := range map[string]os.FileMode{prog.File(): 0o555, filepath.Dir(prog.File()): 0o711} {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s has mode %v (%v) and should have %v", file, info.Mode(), err, mode)
		}
	}
}

func TestSameProgramIsCopiedOnce(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	first := entry(s.stage(t).File()).stat(t)
	s.write(t, "one")
	if second := entry(s.stage(t).File()).stat(t); !os.SameFile(first, second) {
		t.Error("it was copied again")
	}
}

func TestDamagedCopyIsNotRun(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	prog := s.stage(t)
	entry(prog.File()).damage(t)
	if _, err := s.Kept("words", prog.SHA256()); err == nil || !strings.Contains(err.Error(), prog.File()+" was changed") {
		t.Errorf("the damage is not told: %v", err)
	}
	if err := s.Recheck(s.plan, prog); err != nil || entry(prog.File()).read(t) != "one" {
		t.Errorf("it is not made again from the operator's file: %v", err)
	}
	entry(prog.File()).damage(t)
	s.write(t, "two")
	err := s.Recheck(s.plan, prog)
	if err == nil || !strings.Contains(err.Error(), "switchhook plugin reload words") {
		t.Errorf("a damaged copy that nothing cures is to be run, or the cure is not told: %v", err)
	}
}

func TestOnlyAHashNamesAKeptCopy(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	prog := s.stage(t)
	for _, sum := range []string{"", "..", "../words", strings.ToUpper(prog.SHA256()), strings.Repeat("ab", 32)} {
		if _, err := s.Kept("words", sum); err == nil {
			t.Errorf("%q names a copy", sum)
		}
	}
}

func TestOldProgramsArePruned(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	first := s.served(t, "1")
	s.write(t, "two")
	second := s.served(t, "2")
	s.write(t, "three")
	underWay := filepath.Join(s.root, "words", "programs", ".new-1")
	entry(underWay).put(t, "")
	third := s.served(t, "3")
	if _, err := os.Stat(underWay); err != nil {
		t.Errorf("a copy under way is gone: %v", err)
	}
	for prog, kept := range map[pluginhost.Program]bool{first: false, second: true, third: true} {
		if _, err := s.Kept("words", prog.SHA256()); (err == nil) != kept {
			t.Errorf("kept is not %v: %v", kept, err)
		}
	}
}

func TestProgramThatChangesWhileItIsCopiedIsNotKept(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	err := s.Keep(s.plan, sumOf("one"), strings.NewReader("one and tw"))
	if err == nil || !strings.Contains(err.Error(), "changed while it was read") {
		t.Errorf("error is %v", err)
	}
	left, err := os.ReadDir(filepath.Join(s.root, "words", "programs"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}

func TestPowerCutLeavesNoHalfProgram(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	serving := s.served(t, "1")
	s.write(t, "never served")
	tried := s.stage(t)
	half := filepath.Join(s.root, "words", "programs", ".new-123")
	entry(half).put(t, "ha")
	if err := s.Sweep(); err != nil {
		t.Fatal(err)
	}
	for path, stays := range map[string]bool{half: false, tried.File(): false, serving.File(): true} {
		if _, err := os.Stat(path); (err == nil) != stays {
			t.Errorf("%s: it stays should be %v: %v", path, stays, err)
		}
	}
}

func TestSweepSparesWhatItCannotJudge(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	prog := s.stage(t)
	if err := os.WriteFile(filepath.Join(s.root, "words", "describe.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Sweep(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Kept("words", prog.SHA256()); err != nil {
		t.Error(err)
	}
}

func TestGatewayCopesWithADamagedCopy(t *testing.T) {
	t.Parallel()
	first := start(t, "words")
	sum := first.status(t, "words").SHA256
	first.close(t)
	file := filepath.Join(first.data, "plugins", "words", "programs", sum, "words")
	entry(file).damage(t)
	second := startWith(t, func(o *pluginhost.Options) { o.DataDir, o.Dir = first.data, first.dir })
	second.do(t, "words", body{})
	if _, err := pluginhost.NewPrograms(filepath.Join(first.data, "plugins")).Kept("words", sum); err != nil {
		t.Error(err)
	}
}
