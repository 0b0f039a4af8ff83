package sqlite_test

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// The disk fails in the middle of a write, as for a store that has no log elsewhere.
func TestEntriesThatWereNotWrittenAreAppliedAgain(t *testing.T) {
	t.Parallel()
	if dir := os.Getenv(limitedDir); dir != "" {
		applyUnderALimit(t, dir)
		return
	}
	// Limits that end a write before the first frame, within a frame, and later on.
	for _, limit := range []string{"40", "70001", "400000"} {
		dir := filepath.Join(t.TempDir(), "inbox")
		closed(t, follower(t, sqlite.Options{Dir: dir}))
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.timeout=60s")
		child.Env = append(os.Environ(), limitedDir+"="+dir, "SWITCHHOOK_TEST_LIMIT="+limit)
		if out, err := child.CombinedOutput(); err != nil {
			t.Fatalf("limit %s: %v\n%s", limit, err, out)
		}
		s := follower(t, sqlite.Options{Dir: dir})
		problems, err := s.Check(t.Context(), nil)
		if st := stats(t, s); err != nil || len(problems) > 0 || st.LastSeq != 2*s.Mark() || s.Mark() < 10 {
			t.Errorf("limit %s: %q, %v, mark %d, %+v", limit, problems, err, s.Mark(), st)
		}
	}
}

// applyUnderALimit applies entries until nothing goes any more, and then, without the
// limit, the same ones again and a few more. It ends as a process that is killed does.
func applyUnderALimit(t *testing.T, dir string) {
	t.Helper()
	signal.Ignore(unix.SIGXFSZ)
	limit, err := strconv.ParseUint(os.Getenv("SWITCHHOOK_TEST_LIMIT"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	s, err := sqlite.Open(t.Context(), sqlite.Options{Dir: dir, Replica: true})
	if err != nil {
		t.Fatal(err)
	}
	setLimit(t, limit)
	failed := 0
	for mark, most := uint64(1), uint64(1000); mark <= most; {
		n := int(2*mark - 1)
		b := appends(n, n+1, "a")
		b.Appends[0].Event.Body = make([]byte, 10000)
		err := s.Apply(t.Context(), []sqlite.Entry{{Mark: mark, Now: noon(), Batch: b}})
		seq := b.Appends[1].Event.Seq
		switch {
		case err == nil && seq == 2*mark && s.Mark() == mark:
			mark++
		case errors.Is(err, store.ErrFull) && seq == 0 && s.Mark() == mark-1 && failed < 5:
			if failed++; failed == 5 {
				setLimit(t, unix.RLIM_INFINITY)
				most = mark + 10
			}
		default:
			t.Fatalf("entry %d: %v, seq %d, mark %d", mark, err, seq, s.Mark())
		}
	}
	if failed == 0 {
		t.Fatal("the limit never bit")
	}
	os.Exit(0) // no Close
}
