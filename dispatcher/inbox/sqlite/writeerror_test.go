package sqlite_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// limitedDir names the store of the process that works under a limit.
const limitedDir = "SWITCHHOOK_TEST_LIMITED_DIR"

// The disk fails in the middle of a write: a process may write no file beyond a size,
// which gives a short write, and then EFBIG.
func TestNothingIsAcknowledgedThatWasNotWritten(t *testing.T) {
	t.Parallel()
	if dir := os.Getenv(limitedDir); dir != "" {
		workUnderALimit(t, dir)
		return
	}
	// Limits that end a write before the first frame, within a frame, and later on.
	for _, limit := range []string{"40", "70001", "400000"} {
		dir := filepath.Join(t.TempDir(), "inbox")
		s := openIn(t, dir)
		before := accept(t, s, 0, 5)
		closed(t, s)
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.timeout=60s")
		child.Env = append(os.Environ(), limitedDir+"="+dir, "SWITCHHOOK_TEST_LIMIT="+limit)
		out, err := child.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		acknowledged, failed := before, 0
		for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
			word, id, _ := strings.Cut(lines.Text(), " ")
			switch word {
			case "ok":
				acknowledged = append(acknowledged, id)
			case "failed":
				failed++
			}
		}
		if failed < 10 || !slices.Contains(acknowledged, "lifted-4") {
			t.Errorf("limit %s: %d writes failed, and of %d that did not, the last is %s: the limit is meant to bite, "+
				"and to leave no trace once it is gone", limit, failed, len(acknowledged), acknowledged[len(acknowledged)-1])
		}
		s = openIn(t, dir)
		got, corrupt := kept(t, s)
		for _, id := range acknowledged {
			if _, found := slices.BinarySearch(got, id); !found {
				t.Errorf("limit %s: lost %s", limit, id)
			}
		}
		problems, err := s.Check(t.Context(), nil)
		if err != nil || len(problems) > 0 || corrupt > 0 || loss(t, s) != nil {
			t.Errorf("limit %s: %d corrupt, %q, %v, loss %+v", limit, corrupt, problems, err, loss(t, s))
		}
		accept(t, s, 1000, 1005)
		closed(t, s)
	}
}

// workUnderALimit accepts events until nothing goes any more, and then, without the
// limit, a few more. It ends as a process that is killed does.
func workUnderALimit(t *testing.T, dir string) {
	t.Helper()
	signal.Ignore(unix.SIGXFSZ)
	var limit uint64
	if _, err := fmt.Sscan(os.Getenv("SWITCHHOOK_TEST_LIMIT"), &limit); err != nil {
		t.Fatal(err)
	}
	s, err := sqlite.Open(t.Context(), sqlite.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	setLimit(t, limit)
	try := func(id string) bool {
		err := s.Commit(t.Context(), &store.Batch{Appends: []store.Append{{
			Event:   store.Event{ID: id, Command: "C2C.CallbackAfterSendMsg", ReceivedAt: time.Now(), Body: bytes.Repeat([]byte(id), 1000)},
			Plugins: []string{"archive", "search"},
		}}})
		word := "ok"
		if err != nil {
			word = "failed"
		}
		if err != nil && !errors.Is(err, store.ErrFull) {
			t.Errorf("a file that may grow no further is not a full store: %v", err)
		}
		if _, err := fmt.Fprintln(os.Stdout, word, id); err != nil {
			t.Fatal(err)
		}
		return err == nil
	}
	for i, failed := 0, 0; failed < 10 && i < 2000; i++ {
		if !try(fmt.Sprintf("limited-%d", i)) {
			failed++
		}
	}
	setLimit(t, unix.RLIM_INFINITY)
	for i := range 5 {
		if !try(fmt.Sprintf("lifted-%d", i)) {
			t.Error("the store does not recover")
		}
	}
	if t.Failed() {
		return
	}
	os.Exit(0) // no Close
}

// setLimit sets the soft limit alone, which a process may raise again.
func setLimit(t *testing.T, n uint64) {
	t.Helper()
	var limit unix.Rlimit
	err := unix.Getrlimit(unix.RLIMIT_FSIZE, &limit)
	limit.Cur = min(limit.Max, n)
	if err := errors.Join(err, unix.Setrlimit(unix.RLIMIT_FSIZE, &limit)); err != nil {
		t.Fatal(err)
	}
}
