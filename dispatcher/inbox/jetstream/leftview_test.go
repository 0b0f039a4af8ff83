package jetstream_test

import (
	"os"
	"path/filepath"
	"testing"
)

// A folder may have any name, and people put things beside what is ours.
func TestAViewOfAnotherLogIsFoundAndWhatLooksLikeOneIsLeftAlone(t *testing.T) {
	t.Parallel()
	plain := t.TempDir()
	dir := filepath.Join(t.TempDir(), "gateway[1]")
	s := gatewayIn(t, newHistory(), plain)
	accept(t, s, 1, 1, "a")
	whole := filepath.Join(dir, filepath.Base(filepath.Dir(filepath.Dir(view(t, plain)))))
	closed(t, s)
	must(t, os.Rename(plain, dir))
	must(t, os.WriteFile(whole+".tar", nil, 0o600))
	anew := newHistory()
	anew.id = "another"
	stats, err := gatewayIn(t, anew, dir).Stats(t.Context())
	if must(t, err); stats.Loss == nil || stats.Loss.Left != 1 {
		t.Errorf("of what waits in %s it says %+v", whole, stats.Loss)
	}
}
