package sqlite_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

func benchStore(b *testing.B) *sqlite.Store {
	b.Helper()
	s, err := sqlite.Open(b.Context(), sqlite.Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s
}

// fill appends n events in batches of 64, and calls each with every batch.
func fill(b *testing.B, s *sqlite.Store, n int, each func(*store.Batch)) {
	b.Helper()
	body := bytes.Repeat([]byte("x"), 200)
	for i := 0; i < n; {
		batch := &store.Batch{}
		for ; len(batch.Appends) < 64 && i < n; i++ {
			batch.Appends = append(batch.Appends, store.Append{Plugins: []string{"blacklist"}, Event: store.Event{
				ID: fmt.Sprintf("01990000-0000-7000-8000-%012d", i), Key: "1400000001/Sns/user1234567", Command: command,
				AppID: "1400000001", ClientIP: "203.0.113.7", Platform: "RESTAPI", ReceivedAt: time.Now(), Body: body,
			}})
		}
		if err := s.Commit(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
		if each != nil {
			each(batch)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	s := benchStore(b)
	b.ReportAllocs()
	b.ResetTimer()
	fill(b, s, b.N, nil)
}

func BenchmarkAppendAndDone(b *testing.B) {
	s := benchStore(b)
	b.ReportAllocs()
	b.ResetTimer()
	fill(b, s, b.N, func(batch *store.Batch) { settle(b, s, batch) })
}

// settle commits that all of the batch is done.
func settle(b *testing.B, s *sqlite.Store, batch *store.Batch) {
	b.Helper()
	results := &store.Batch{}
	for i := range batch.Appends {
		results.Results = append(results.Results, store.Result{
			Plugin: "blacklist", Seq: batch.Appends[i].Event.Seq, State: store.Done, Attempts: 1, At: time.Now(),
		})
	}
	if err := s.Commit(b.Context(), results); err != nil {
		b.Fatal(err)
	}
}

// What is read is a page of 256 copies.
func BenchmarkWaiting(b *testing.B) {
	s := benchStore(b)
	fill(b, s, 20000, nil)
	q := store.WaitingQuery{
		Line: store.Line{Plugin: "blacklist", Commands: []string{command}}, Limit: 256, MaxBytes: 1 << 20,
	}
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		copies, err := s.Waiting(b.Context(), q)
		if err != nil {
			b.Fatal(err)
		}
		if q.After = 0; len(copies) == q.Limit {
			q.After = copies[q.Limit-1].Event.Seq
		}
	}
}

func BenchmarkTrim(b *testing.B) {
	s := benchStore(b)
	fill(b, s, b.N, func(batch *store.Batch) { settle(b, s, batch) })
	b.ResetTimer()
	for more := true; more; {
		trimmed, err := s.Trim(b.Context(), store.Retention{Before: time.Now().Add(time.Hour)})
		if err != nil {
			b.Fatal(err)
		}
		more = trimmed.More
	}
}

// logOf makes n events of 300 bytes, 256 to an entry.
func logOf(n int) (all []sqlite.Entry) {
	body := bytes.Repeat([]byte("x"), 300)
	for i := 0; i < n; {
		batch := &store.Batch{}
		for ; len(batch.Appends) < 256 && i < n; i++ {
			batch.Appends = append(batch.Appends, store.Append{Plugins: []string{"blacklist"}, Event: store.Event{
				ID: fmt.Sprintf("01990000-0000-7000-8000-%012d", i), Key: "1400000001/Sns/user1234567", Command: command,
				AppID: "1400000001", ClientIP: "203.0.113.7", Platform: "RESTAPI", ReceivedAt: time.Now(), Body: body,
			}})
		}
		all = append(all, sqlite.Entry{Mark: uint64(len(all) + 1), Now: time.Now(), Window: time.Hour, Batch: batch})
	}
	return all
}

// An operation is one event.
func BenchmarkApply(b *testing.B) {
	for _, together := range []int{1, 4, 16} {
		b.Run(fmt.Sprintf("entries=%d", together), func(b *testing.B) {
			s, err := sqlite.Open(b.Context(), sqlite.Options{Dir: b.TempDir(), Replica: true})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = s.Close() })
			log := logOf(b.N)
			b.ReportAllocs()
			b.ResetTimer()
			for part := range slices.Chunk(log, together) {
				if err := s.Apply(b.Context(), part); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkApplyBesideCommit is what a store takes that has no log elsewhere, and whose
// commits are not synced.
func BenchmarkApplyBesideCommit(b *testing.B) {
	s, err := sqlite.Open(b.Context(), sqlite.Options{Dir: b.TempDir(), Synchronous: sqlite.Off})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	log := logOf(b.N)
	b.ReportAllocs()
	b.ResetTimer()
	for _, e := range log {
		if err := s.Commit(b.Context(), e.Batch); err != nil {
			b.Fatal(err)
		}
	}
}
