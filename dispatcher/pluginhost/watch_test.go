package pluginhost_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
)

// enoughLooks is more looks than any change needs to come to rest.
const enoughLooks = 10

// watched is a plugin directory with two plugins, and what watches it.
type watched struct {
	*pluginhost.Watcher

	dir string
	log bytes.Buffer
}

func newWatched(t *testing.T, plans ...pluginhost.Plan) *watched {
	t.Helper()
	w := &watched{dir: filepath.Join(t.TempDir(), "plugins")}
	if err := os.Mkdir(w.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	entry(filepath.Join(w.dir, "words")).put(t, "one")
	entry(filepath.Join(w.dir, "other")).put(t, "one")
	w.Watcher = pluginhost.NewWatcher(slog.New(slog.NewTextHandler(&w.log, nil)), w.dir, plans...)
	return w
}

// looks looks n times and returns the names of what changed.
func (w *watched) looks(n int) []string {
	var names []string
	for range n {
		for _, path := range w.Look() {
			names = append(names, filepath.Base(path))
		}
	}
	return names
}

// notices waits until something is noticed, checks that this is all, and returns
// the names. A child of another test may hold what was written for a moment.
func (w *watched) notices(t *testing.T) []string {
	t.Helper()
	var names []string
	eventually(t, func() bool {
		names = w.looks(1)
		return len(names) > 0
	})
	if again := w.looks(enoughLooks); again != nil {
		t.Errorf("noticed %v and then %v", names, again)
	}
	return names
}

func TestChangedFilesAreNoticedOnce(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(t *testing.T, in func(name string) entry)
		want   string
	}{
		"a replaced program":              {change: func(t *testing.T, in func(string) entry) { t.Helper(); in("words").put(t, "two") }, want: "words"},
		"a new program":                   {change: func(t *testing.T, in func(string) entry) { t.Helper(); in("new").put(t, "one") }, want: "new"},
		"a removed program":               {change: func(t *testing.T, in func(string) entry) { t.Helper(); in("words").remove(t) }, want: "words"},
		"a program that is none any more": {change: func(t *testing.T, in func(string) entry) { t.Helper(); in("words").chmod(t, 0o600) }, want: "words"},
		"the time of a program":           {change: func(t *testing.T, in func(string) entry) { t.Helper(); in("words").touch(t) }, want: "words"},
		"a link to a program":             {change: func(t *testing.T, in func(string) entry) { t.Helper(); in("alias").link(t, "words") }, want: "alias"},

		"nothing":           {change: func(*testing.T, func(string) entry) {}},
		"a hidden file":     {change: func(t *testing.T, in func(string) entry) { t.Helper(); in(".words.swp").put(t, "two") }},
		"a directory":       {change: func(t *testing.T, in func(string) entry) { t.Helper(); in("next").mkdir(t) }},
		"a text":            {change: func(t *testing.T, in func(string) entry) { t.Helper(); in("README").text(t) }},
		"a link to nothing": {change: func(t *testing.T, in func(string) entry) { t.Helper(); in("alias").link(t, "nowhere") }},
		"a vanished mount":  {change: func(t *testing.T, in func(string) entry) { t.Helper(); in("").rename(t, string(in("."))+".away") }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWatched(t)
			tt.change(t, func(name string) entry { return entry(filepath.Join(w.dir, name)) })
			if tt.want == "" {
				if got := w.looks(enoughLooks); got != nil {
					t.Errorf("noticed %v", got)
				}
				return
			}
			if diff := cmp.Diff([]string{tt.want}, w.notices(t)); diff != "" {
				t.Errorf("noticed (-want +got):\n%s", diff)
			}
		})
	}
}

func TestProgramThatGrowsIsLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	path := filepath.Join(w.dir, "words")
	text := "a program "
	for range enoughLooks {
		text += "and more "
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
		if got := w.looks(1); got != nil {
			t.Fatalf("noticed while it grows: %v", got)
		}
	}
	if diff := cmp.Diff([]string{"words"}, w.notices(t)); diff != "" {
		t.Errorf("noticed (-want +got):\n%s", diff)
	}
}

// A copy over a slow line may stand still for longer than two looks.
func TestProgramThatIsBeingWrittenIsLeftAlone(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Log("only Linux tells who writes")
		return
	}
	w := newWatched(t)
	f, err := os.OpenFile(filepath.Join(w.dir, "words"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("half"); err != nil {
		t.Fatal(err)
	}
	if got := w.looks(enoughLooks); got != nil {
		t.Errorf("noticed while it is written: %v", got)
	}
	if got := strings.Count(w.log.String(), "open for writing"); got != 1 {
		t.Errorf("it is said %d times:\n%s", got, &w.log)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return len(w.looks(1)) == 1 }) // another test's child may hold the file for a moment
}

func TestRemovedAndPutBackIsOneChange(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	path := filepath.Join(w.dir, "words")
	entry(path).remove(t)
	if got := w.looks(3); got != nil {
		t.Errorf("a program that is about to be replaced counts as removed: %v", got)
	}
	entry(path).put(t, "two")
	if diff := cmp.Diff([]string{"words"}, w.notices(t)); diff != "" {
		t.Errorf("noticed (-want +got):\n%s", diff)
	}
}

func TestChangeTakenBackIsNone(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	entry(filepath.Join(w.dir, "new")).put(t, "one")
	w.looks(1)
	entry(filepath.Join(w.dir, "new")).remove(t)
	if got := w.looks(enoughLooks); got != nil {
		t.Errorf("noticed: %v", got)
	}
}

// Kubernetes exchanges what a volume holds by renaming one symbolic link.
func TestSwappedVolumeIsNoticed(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	for _, version := range []string{"..1", "..2"} {
		entry(filepath.Join(w.dir, version)).mkdir(t)
		entry(filepath.Join(w.dir, version, "policy")).put(t, version)
	}
	entry(filepath.Join(w.dir, "..data")).link(t, "..1")
	entry(filepath.Join(w.dir, "policy")).link(t, "..data/policy")
	if diff := cmp.Diff([]string{"policy"}, w.notices(t)); diff != "" {
		t.Errorf("noticed (-want +got):\n%s", diff)
	}
	entry(filepath.Join(w.dir, "..data")).link(t, "..2")
	if diff := cmp.Diff([]string{"policy"}, w.notices(t)); diff != "" {
		t.Errorf("noticed (-want +got):\n%s", diff)
	}
}

func TestProgramOutsideTheDirectoryIsWatched(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outside")
	entry(path).put(t, "one")
	w := newWatched(t, planned(t, pluginhost.PluginConfig{Name: "outside", Path: path}),
		planned(t, pluginhost.PluginConfig{Name: "disabled", Path: path + "-disabled", Disabled: true}))
	entry(path).put(t, "two")
	entry(path+"-disabled").put(t, "one")
	if diff := cmp.Diff([]string{"outside"}, w.notices(t)); diff != "" {
		t.Errorf("noticed (-want +got):\n%s", diff)
	}
}

func TestWatchingTakesTwoLooksAndEndsWithItsContext(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	synctest.Test(t, func(t *testing.T) {
		w := pluginhost.NewWatcher(slog.New(slog.DiscardHandler), w.dir)
		entry(filepath.Join(w.Dir(), "words")).put(t, "two")
		began := time.Now()
		paths, err := w.Changed(t.Context())
		if err != nil || len(paths) != 1 || time.Since(began) < 2*time.Second {
			t.Errorf("noticed %v after %s (%v)", paths, time.Since(began), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if paths, err := w.Changed(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("noticed %v (%v)", paths, err)
		}
	})
}

func TestHostNoticesWhatApplyHasNotSeen(t *testing.T) {
	t.Parallel()
	h := start(t, "words")
	rebuild(t, filepath.Join(h.dir, "words"))
	if _, err := h.Apply(t.Context(), h.dir, nil); err != nil {
		t.Fatal(err)
	}
	h.install(t, "other", "words")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	paths, err := h.Changed(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{filepath.Join(h.dir, "other")}, paths); diff != "" {
		t.Errorf("noticed (-want +got):\n%s", diff)
	}
}

func TestWatchingEndsWithTheHost(t *testing.T) {
	t.Parallel()
	h := start(t, "words")
	ended := make(chan error, 1)
	go func() {
		_, err := h.Changed(context.WithoutCancel(t.Context()))
		ended <- err
	}()
	h.close(t)
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("it ended with %v", err)
	}
}

// A change right after another may leave no trace but the content, so the hash of a
// file that has just changed is not trusted.
func TestHashIsTakenAgainOnlyAfterAChange(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "words")
	for ahead, want := range map[time.Duration]bool{0: false, time.Hour: true} {
		sums := pluginhost.NewSums(ahead)
		for _, text := range []string{"one", "one", "two"} {
			entry(path).put(t, text)
			sum, remembered, err := sums.Of(path)
			if err != nil || sum != sumOf(text) || remembered != want {
				t.Errorf("the hash of %q is %s, remembered %v (%v)", text, sum, remembered, err)
			}
		}
		entry(path).remove(t)
		if _, _, err := sums.Of(path); err == nil || !strings.Contains(err.Error(), "missing") {
			t.Errorf("error is %v", err)
		}
	}
}

// Some archives hold files of the day after tomorrow; each probe would read them anew.
func TestHashOfAFileFromTheFutureIsRemembered(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "words")
	entry(path).put(t, "one")
	tomorrow := time.Now().Add(24 * time.Hour)
	if err := os.Chtimes(path, tomorrow, tomorrow); err != nil {
		t.Fatal(err)
	}
	if _, remembered, err := pluginhost.NewSums(time.Hour).Of(path); err != nil || !remembered {
		t.Errorf("remembered: %v (%v)", remembered, err)
	}
}
