package sqlite_test

import (
	"bytes"
	"database/sql"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// mixed returns the files of a closed store with 300 events: 100 are done, ten dead, ten
// to be tried again, and the others ready.
func mixed(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	s := open(t, sqlite.Options{Dir: dir})
	acceptAtOnce(t, s, 300)
	b := &store.Batch{}
	for seq := uint64(1); seq <= 120; seq++ {
		r := store.Result{Plugin: "archive", Seq: seq, State: store.Done, Attempts: 1, At: noon()}
		switch {
		case seq > 110:
			r.State, r.DueAt = store.Retry, noon().Add(time.Minute)
		case seq > 100:
			r.State, r.Reason = store.Dead, store.Permanent
		}
		b.Results = append(b.Results, r)
	}
	commit(t, s, b)
	if err := s.Subscribe(t.Context(), store.Subscription{Plugin: "archive", Pattern: "*", Since: noon()}); err != nil {
		t.Fatal(err)
	}
	closed(t, s)
	return dir
}

// lastLeaf returns where the last page with rows of a table begins.
func lastLeaf(t *testing.T, dir, table string) (at int) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, database))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // it was only read
	if err := db.QueryRowContext(t.Context(),
		"SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY path DESC LIMIT 1", table).Scan(&at); err != nil {
		t.Fatal(err)
	}
	return (at - 1) * 4096
}

func TestWhatWaitsInADamagedDatabaseIsTakenOver(t *testing.T) {
	t.Parallel()
	whole := mixed(t)
	sound := store.Queue{Plugin: "archive", Command: "C2C.CallbackAfterSendMsg", Ready: 180, Retry: 10, Dead: 10}
	unknown := sound
	unknown.Ready, unknown.Retry, unknown.Dead = 0, 0, 300
	for name, c := range map[string]struct {
		page int
		want []store.Queue
	}{
		"the counts":                     {page: pageOf(t, whole, "totals"), want: []store.Queue{sound}},
		"an index":                       {page: pageOf(t, whole, "copies_ready"), want: []store.Queue{sound}},
		"what became of the copies":      {page: pageOf(t, whole, "copies"), want: []store.Queue{unknown}},
		"all events":                     {page: pageOf(t, whole, "events")},
		"who the copies are for":         {page: pageOf(t, whole, "queues")},
		"the last page with some events": {page: lastLeaf(t, whole, "events"), want: []store.Queue{sound}},
	} {
		dir := t.TempDir()
		copyStore(t, whole, dir)
		change(t, filepath.Join(dir, database), func(b []byte) []byte { clear(b[c.page : c.page+4096]); return b })
		s := open(t, sqlite.Options{Dir: dir})
		got := stats(t, s)
		if len(got.Queues) == 1 && strings.HasPrefix(name, "the last page") {
			// An event of this size takes at least a fortieth of a page.
			if missing := sound.Ready - got.Queues[0].Ready; missing < 1 || missing > 40 {
				t.Errorf("%s: %d of %d events are missing", name, missing, sound.Ready)
			}
			got.Queues[0].Ready = sound.Ready
		}
		if diff := cmp.Diff(c.want, got.Queues, cmpopts.IgnoreFields(store.Queue{}, "Oldest"), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if got.Loss == nil || !got.Unclean || !strings.Contains(got.Loss.Detail, "were taken over") {
			t.Errorf("%s: unclean %v, %+v", name, got.Unclean, got.Loss)
		}
		next := appends(1, 1, "archive")
		if commit(t, s, next); len(c.want) > 0 && next.Appends[0].Event.Seq != 301 {
			t.Errorf("%s: the next event is number %d", name, next.Appends[0].Event.Seq)
		}
		if problems, err := s.Check(t.Context(), nil); err != nil || len(problems) > 0 {
			t.Errorf("%s: check: %q, %v", name, problems, err)
		}
		closed(t, s)
	}
}

func TestATakeoverThatWasCutShortGoesOnAtTheNextStart(t *testing.T) {
	t.Parallel()
	dir := mixed(t)
	page := pageOf(t, dir, "totals")
	change(t, filepath.Join(dir, database), func(b []byte) []byte { clear(b[page : page+4096]); return b })
	s := open(t, sqlite.Options{Dir: dir})
	want := scan(t, s, store.ScanQuery{Bodies: true})
	aside := loss(t, s).Aside
	closed(t, s)
	// As if time had run out behind event 200, with what comes next written and not noted.
	if err := query(dir, "DELETE FROM events WHERE seq > 250"); err != nil {
		t.Fatal(err)
	}
	if err := query(dir, "DELETE FROM copies WHERE seq > 250"); err != nil {
		t.Fatal(err)
	}
	if err := query(dir, "UPDATE totals SET events = events - 50; UPDATE queues SET ready = ready - 50, waiting = waiting - (251 + 300) * 25"); err != nil {
		t.Fatal(err)
	}
	change(t, filepath.Join(aside, "loss.json"), func(b []byte) []byte {
		b = bytes.Replace(b, []byte(`"saved_to": 300`), []byte(`"saved_to": 200`), 1)
		return bytes.Replace(b, []byte(`"done": true`), []byte(`"done": false`), 1)
	})
	for range 2 { // the second has nothing to do
		s = open(t, sqlite.Options{Dir: dir})
		if got := scan(t, s, store.ScanQuery{Bodies: true}); !reflect.DeepEqual(want, got) {
			t.Errorf("(-want +got):\n%s", cmp.Diff(want, got))
		}
		if problems, err := s.Check(t.Context(), nil); err != nil || len(problems) > 0 {
			t.Errorf("check: %q, %v", problems, err)
		}
		commit(t, s, doneByA()) // an empty batch
		closed(t, s)
	}
}

func TestOnlyWhatItsSumProvesIsTakenOver(t *testing.T) {
	t.Parallel()
	dir := mixed(t)
	tamper(t, dir, "UPDATE events SET body = 'other' WHERE seq = 200")
	tamper(t, dir, "UPDATE copies SET attempts = 7 WHERE seq = 201")
	page := pageOf(t, dir, "totals")
	change(t, filepath.Join(dir, database), func(b []byte) []byte { clear(b[page : page+4096]); return b })
	s := open(t, sqlite.Options{Dir: dir})
	q := stats(t, s).Queues[0]
	if q.Ready != 178 || q.Dead != 11 || !strings.Contains(loss(t, s).Detail, "and 1 cannot be read") {
		t.Errorf("%+v, %+v", q, loss(t, s))
	}
	dead := scan(t, s, store.ScanQuery{Filter: store.Filter{Reason: store.Corrupt}, Bodies: true})
	if len(dead) != 1 || dead[0].Event.Seq != 201 || dead[0].Corrupt {
		t.Errorf("dead letters %+v", dead)
	}
}
