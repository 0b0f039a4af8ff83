package sqlite_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
)

func raw(t *testing.T, dir string) *sql.Conn {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, database))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func execute(t *testing.T, conn *sql.Conn, statement string) {
	t.Helper()
	if _, err := conn.ExecContext(context.WithoutCancel(t.Context()), statement); err != nil {
		t.Error(err)
	}
}

func TestACommitThatIsHeldUpHoldsUpNoStats(t *testing.T) {
	t.Parallel()
	dir, begun := t.TempDir(), make(chan struct{}, 100)
	s := open(t, sqlite.Options{Dir: dir, Now: func() time.Time {
		begun <- struct{}{} // a commit asks for it once it has its turn
		return noon()
	}})
	lock := raw(t, dir)
	execute(t, lock, "BEGIN IMMEDIATE")
	for len(begun) > 0 {
		<-begun
	}
	done := make(chan error, 1)
	go func() { done <- s.Commit(t.Context(), appends(1, 1, "a")) }()
	<-begun
	stats(t, s)
	select {
	case err := <-done:
		t.Errorf("the commit was not held up, or the stats waited for it: %v", err)
	default:
	}
	execute(t, lock, "ROLLBACK")
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// At every moment there is somebody who reads.
func TestTheLogIsBegunAnewThoughThereIsAlwaysAReader(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, sqlite.Options{Dir: dir, MaxBytes: 24 << 20}) // with a log of 3 MB
	var over atomic.Bool
	var readers sync.WaitGroup
	turns := [2]chan struct{}{make(chan struct{}, 1), make(chan struct{}, 1)}
	for me := range turns {
		conn := raw(t, dir)
		readers.Go(func() {
			for {
				<-turns[me]
				execute(t, conn, "BEGIN; SELECT * FROM totals")
				turns[1-me] <- struct{}{} // now the other may end
				if over.Load() {
					execute(t, conn, "ROLLBACK")
					return
				}
				<-turns[me]
				execute(t, conn, "ROLLBACK")
				turns[me] <- struct{}{}
			}
		})
	}
	turns[0] <- struct{}{}
	most := int64(0)
	for i := range 60 {
		b := appends(i, i, "a")
		b.Appends[0].Event.Body = make([]byte, 250<<10)
		commit(t, s, b)
		if info, err := os.Stat(filepath.Join(dir, writeLog)); err == nil {
			most = max(most, info.Size())
		}
	}
	over.Store(true)
	readers.Wait()
	if most > 10<<20 {
		t.Errorf("the log of 3 MB took %d bytes", most)
	}
}
