package sqlite_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

const (
	command = "Sns.CallbackBlackListAdd"
	other   = "Sns.CallbackBlackListDelete"
)

func noon() time.Time { return time.Date(2026, 5, 1, 12, 0, 0, 1000, time.UTC) }

func open(t *testing.T, o sqlite.Options) *sqlite.Store {
	t.Helper()
	if o.Dir == "" {
		o.Dir = filepath.Join(t.TempDir(), "data", "inbox")
	}
	o.Synchronous = sqlite.Off // no test here cuts the power
	s, err := sqlite.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func event(n int) store.Event {
	return store.Event{
		ID: fmt.Sprintf("id-%06d", n), Key: fmt.Sprintf("key-%d", n), Command: command, AppID: "1400000001",
		ClientIP: "203.0.113.7", Platform: "RESTAPI", ReceivedAt: noon().Add(time.Duration(n) * time.Second),
		Body: []byte(strings.Repeat(fmt.Sprintf("body %d ", n), 20)),
	}
}

func appends(from, to int, plugins ...string) *store.Batch {
	b := &store.Batch{}
	for n := from; n <= to; n++ {
		b.Appends = append(b.Appends, store.Append{Event: event(n), Plugins: plugins})
	}
	return b
}

func commit(t *testing.T, s *sqlite.Store, b *store.Batch) {
	t.Helper()
	if err := s.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

func doneByA(seqs ...uint64) *store.Batch {
	b := &store.Batch{}
	for _, seq := range seqs {
		b.Results = append(b.Results, store.Result{Plugin: "a", Seq: seq, State: store.Done, Attempts: 1, At: noon()})
	}
	return b
}

func waiting(t *testing.T, s *sqlite.Store, plugin string) []store.Copy {
	t.Helper()
	copies, err := s.Waiting(t.Context(), store.WaitingQuery{
		Line: store.Line{Plugin: plugin, Commands: []string{command, other}}, Retries: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return copies
}

func scan(t *testing.T, s *sqlite.Store, q store.ScanQuery) (all []store.Copy) {
	t.Helper()
	for range 1000 {
		page, err := s.Scan(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Copies...)
		if page.Next == nil {
			return all
		}
		q.After = page.Next
	}
	t.Fatal("a scan without end")
	return nil
}

func stats(t *testing.T, s *sqlite.Store) store.Stats {
	t.Helper()
	got, err := s.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// story leaves copies in every state, and gives time enough for all they may have.
func story(t *testing.T, s *sqlite.Store) {
	t.Helper()
	commit(t, s, appends(1, 100, "a", "b"))
	b := appends(101, 105, "a")
	for i := range b.Appends {
		b.Appends[i].Event.Command = other
	}
	commit(t, s, b)
	at := noon().Add(time.Hour)
	commit(t, s, &store.Batch{Results: []store.Result{
		{Plugin: "a", Seq: 1, State: store.Done, Attempts: 1, At: at},
		{Plugin: "b", Seq: 2, State: store.Retry, Attempts: 1, At: at, DueAt: at.Add(time.Minute), Error: "down"},
		{Plugin: "b", Seq: 3, State: store.Dead, Attempts: 1, At: at, Reason: store.Permanent, Error: "no such group"},
		{Plugin: "b", Seq: 4, State: store.Dead, Attempts: 1, At: at, Reason: store.Malformed},
		{Plugin: "b", Seq: 5, State: store.Done, Attempts: 1, At: at},
		{Plugin: "a", Seq: 101, State: store.Retry, Attempts: 1, At: at, DueAt: at},
		{Plugin: "nobody", Seq: 1, State: store.Done, Attempts: 1, At: at},
		{Plugin: "a", Seq: 4711, State: store.Done, Attempts: 1, At: at},
	}})
	commit(t, s, &store.Batch{
		Results: []store.Result{
			{Plugin: "a", Seq: 101, State: store.Retry, Attempts: 2, At: at.Add(time.Second), DueAt: at.Add(2 * time.Second)},
			{Plugin: "a", Seq: 1, State: store.Dead, Attempts: 9, At: at, Reason: store.Poison},
		},
		Requeues: []store.Requeue{{Plugin: "b", Seq: 5, Purpose: sdk.Replay}, {Plugin: "c", Seq: 7}},
		Drops:    []store.Drop{{Plugin: "b", Seq: 4}},
	})
}

func TestAllThatWasCommittedIsThereAfterReopening(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, sqlite.Options{Dir: dir})
	story(t, s)
	if err := s.Subscribe(t.Context(), store.Subscription{Plugin: "a", Pattern: "Sns.*", Since: noon()}); err != nil {
		t.Fatal(err)
	}
	before, counts := scan(t, s, store.ScanQuery{Bodies: true, Limit: 7}), stats(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, sqlite.Options{Dir: dir})
	after, again := scan(t, s, store.ScanQuery{Bodies: true}), stats(t, s)
	if len(before) != 206 {
		t.Errorf("%d copies, want 206", len(before))
	}
	if !reflect.DeepEqual(before, after) { // as a rule, and far quicker than what explains a difference
		t.Errorf("changed (-before +after):\n%s", cmp.Diff(before, after))
	}
	if diff := cmp.Diff(counts.Queues, again.Queues); diff != "" || again.Events != 105 || again.LastSeq != 105 {
		t.Errorf("%d events, last %d; counts (-before +after):\n%s", again.Events, again.LastSeq, diff)
	}
	subscriptions, err := s.Subscriptions(t.Context())
	if want := []store.Subscription{{Plugin: "a", Pattern: "Sns.*", Since: noon()}}; err != nil || !cmp.Equal(subscriptions, want) {
		t.Errorf("subscriptions %v, %v", subscriptions, err)
	}
	commit(t, s, appends(106, 106, "a"))
	if last := stats(t, s).LastSeq; last != 106 {
		t.Errorf("the next event is number %d", last)
	}
	problems, err := s.Check(t.Context(), nil)
	if err != nil || len(problems) > 0 {
		t.Errorf("check: %q, %v", problems, err)
	}
}

func TestASeqIsNeverGivenTwiceThoughAllEventsAreTrimmed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, sqlite.Options{Dir: dir})
	commit(t, s, appends(1, 3, "a"))
	commit(t, s, doneByA(1, 2, 3))
	trimmed, err := s.Trim(t.Context(), store.Retention{Before: noon().Add(time.Hour)})
	if err != nil || trimmed.Events != 3 || trimmed.More {
		t.Fatalf("trimmed %+v, %v", trimmed, err)
	}
	_ = s.Close()
	s = open(t, sqlite.Options{Dir: dir})
	b := appends(4, 4, "a")
	commit(t, s, b)
	if b.Appends[0].Event.Seq != 4 {
		t.Errorf("seq %d, want 4", b.Appends[0].Event.Seq)
	}
}

func TestTheDuplicateWindowOutlastsARestartAndEnds(t *testing.T) {
	t.Parallel()
	dir, now := t.TempDir(), noon()
	o := sqlite.Options{Dir: dir, DuplicateWindow: time.Minute, Now: func() time.Time { return now }}
	once := func(n int) store.Append {
		e := event(n)
		e.Key = "the same"
		return store.Append{Event: e, Plugins: []string{"a"}, Once: true}
	}
	s := open(t, o)
	b := &store.Batch{Appends: []store.Append{once(1), once(2)}}
	commit(t, s, b)
	if b.Appends[0].Duplicate || !b.Appends[1].Duplicate || b.Appends[1].Event.Seq != 0 {
		t.Errorf("within a batch: %+v", b.Appends)
	}
	_ = s.Close()
	s = open(t, o)
	now = now.Add(59 * time.Second)
	b = &store.Batch{Appends: []store.Append{once(3)}}
	if commit(t, s, b); !b.Appends[0].Duplicate {
		t.Error("a restart has ended the window")
	}
	now = now.Add(time.Second)
	if _, err := s.Trim(t.Context(), store.Retention{}); err != nil {
		t.Fatal(err)
	}
	b = &store.Batch{Appends: []store.Append{once(4)}}
	if commit(t, s, b); b.Appends[0].Duplicate {
		t.Error("the window does not end")
	}
}

func TestMissingFoldersAreMadeForThisUserAlone(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data", "inbox")
	open(t, sqlite.Options{Dir: dir})
	for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, "inbox.db"): 0o600, filepath.Join(dir, "inbox.db-wal"): 0o600} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}

func TestABackupIsAStoreOfItsOwn(t *testing.T) {
	t.Parallel()
	s := open(t, sqlite.Options{})
	story(t, s)
	dir := t.TempDir()
	if err := s.Backup(t.Context(), filepath.Join(dir, "inbox.db"), nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(t.Context(), filepath.Join(dir, "inbox.db"), nil); err == nil {
		t.Error("it wrote over a file")
	}
	restored := open(t, sqlite.Options{Dir: dir})
	if want, got := scan(t, s, store.ScanQuery{Bodies: true}), scan(t, restored, store.ScanQuery{Bodies: true}); !reflect.DeepEqual(want, got) {
		t.Error(cmp.Diff(want, got))
	}
}

func TestBodiesAndTextsComeBackByteForByte(t *testing.T) {
	t.Parallel()
	s := open(t, sqlite.Options{})
	e := store.Event{ID: "i", Command: command, Body: []byte("\x00\xff{\"a\":1}\r\n"), Key: "k\x00\xfe", Platform: "平台"}
	commit(t, s, &store.Batch{Appends: []store.Append{{Event: e, Plugins: []string{"a"}}}})
	got := waiting(t, s, "a")[0].Event
	if e.Seq = 1; !cmp.Equal(got, e) || !bytes.Equal(got.Body, e.Body) {
		t.Errorf("got %+v", got)
	}
}

// A commit may wait for its disk as long as that likes. What asks whether all is well
// then must have an answer.
func TestStatsWaitForNoCommit(t *testing.T) {
	t.Parallel()
	var stuck atomic.Bool
	begun, release := make(chan struct{}), make(chan struct{})
	s := open(t, sqlite.Options{Now: func() time.Time {
		if stuck.CompareAndSwap(true, false) {
			close(begun)
			<-release
		}
		return noon()
	}})
	stuck.Store(true)
	committed := make(chan error, 1)
	go func() { committed <- s.Commit(t.Context(), appends(1, 1, "blacklist")) }()
	<-begun
	told := make(chan error, 1)
	go func() {
		_, err := s.Stats(t.Context())
		told <- err
	}()
	select {
	case err := <-told:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("Stats waits for a commit")
	}
	close(release)
	if err := <-committed; err != nil {
		t.Error(err)
	}
}
