package pluginhost_test

import (
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
)

func TestRecordOfTheFirstReleaseIsRead(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	prog := s.stage(t)
	old := `{"description": {"name": "words", "version": "1.0.0"}, "path": "/plugins/words", "sha256": "` + prog.SHA256() +
		`", "saved_at": "2026-01-02T03:04:05Z"}`
	if err := os.WriteFile(filepath.Join(s.root, "words", "describe.json"), []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	s.write(t, "two")
	s.served(t, "2.0.0")
	want := &pluginhost.Former{Path: "/plugins/words", SHA256: prog.SHA256(), Version: "1.0.0"}
	if diff := cmp.Diff(want, s.record(t).Previous); diff != "" {
		t.Errorf("what served before (-want +got):\n%s", diff)
	}
}

func TestUpdatesOfARecordLoseNothing(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	since := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	if err := s.Update("words", func(r *pluginhost.Record) { r.DisabledSince = since }); err != nil {
		t.Fatal(err)
	}
	var updates sync.WaitGroup
	for i := range 8 {
		updates.Go(func() {
			err := s.Update("words", func(r *pluginhost.Record) { r.PassOver(strconv.Itoa(i), "it was rolled back") })
			if err != nil {
				t.Error(err)
			}
		})
	}
	updates.Wait()
	s.served(t, "1")
	r := s.record(t)
	if len(r.PassedOver) != 8 || !r.DisabledSince.Equal(since) || r.Description.Version != "1" {
		t.Errorf("record is %+v", r)
	}
}

func TestDamagedRecordIsReplaced(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	prog := s.stage(t)
	if err := os.WriteFile(filepath.Join(s.root, "words", "describe.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Serves(s.plan, prog, "1"); err != nil {
		t.Fatal(err)
	}
	if r := s.record(t); r.SHA256 != prog.SHA256() {
		t.Errorf("record is %+v", r)
	}
}

func TestEightProgramsArePassedOverAtMost(t *testing.T) {
	t.Parallel()
	var r pluginhost.Record
	for i := range 10 {
		r.PassOver(strconv.Itoa(i), "it did not come up")
	}
	r.PassOver("5", "it was rolled back")
	var sums []string
	for _, o := range r.PassedOver {
		sums = append(sums, o.SHA256)
	}
	if diff := cmp.Diff([]string{"2", "3", "4", "6", "7", "8", "9", "5"}, sums); diff != "" {
		t.Errorf("passed over (-want +got):\n%s", diff)
	}
}

func TestProgramThatServesIsNotPassedOver(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	prog := s.stage(t)
	if err := s.Update("words", func(r *pluginhost.Record) { r.PassOver(prog.SHA256(), "it did not come up") }); err != nil {
		t.Fatal(err)
	}
	s.served(t, "1")
	if r := s.record(t); len(r.PassedOver) != 0 {
		t.Errorf("passed over: %+v", r.PassedOver)
	}
}

// A start of the same program again is no change, and keeps what came before it.
func TestPreviousProgramOutlivesARestart(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	first := s.served(t, "1")
	s.write(t, "two")
	s.served(t, "2")
	s.served(t, "2")
	if r := s.record(t); r.Previous == nil || r.Previous.SHA256 != first.SHA256() {
		t.Errorf("previous is %+v", r.Previous)
	}
}

func TestNoRollbackToWhatRanInPlace(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	copied := s.plan
	s.plan = planned(t, pluginhost.PluginConfig{Name: "words", Path: copied.Path(), InPlace: true})
	s.served(t, "1")
	s.plan = copied
	s.write(t, "two")
	s.served(t, "2")
	if r := s.record(t); r.Previous != nil || r.InPlace {
		t.Errorf("record is %+v", r)
	}
}

// A plugin may be disabled, or its program refused, before it ever served.
func TestRecordWithoutClaimsMakesNoPlugin(t *testing.T) {
	t.Parallel()
	h := build(t, nil)
	err := pluginhost.NewPrograms(filepath.Join(h.data, "plugins")).Update("ghost", func(r *pluginhost.Record) {
		r.PassOver(sumOf("one"), "it did not come up")
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if all := h.Status(); len(all) != 0 {
		t.Errorf("plugins are %+v", all)
	}
}
