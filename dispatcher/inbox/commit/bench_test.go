package commit_test

import (
	"context"
	"strconv"
	"sync"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/inbox/commit"
	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// nowhere is a journal that keeps nothing, so that what is measured is the committer.
type nowhere struct{}

func (nowhere) Commit(context.Context, *store.Batch) error { return nil }

func BenchmarkAppend(b *testing.B) {
	for _, callers := range []int{1, 64, 256} {
		b.Run("callers="+strconv.Itoa(callers), func(b *testing.B) {
			measure(b, nowhere{}, callers)
		})
	}
}

// measure has so many callers append one after the other to j.
func measure(b *testing.B, j store.Journal, callers int) {
	b.Helper()
	commits, items := 0, 0
	c := commit.New(commit.Options{Journal: j, OnCommit: func(batch *store.Batch) {
		commits++
		items += len(batch.Appends)
	}})
	body := make([]byte, 512)
	b.ReportAllocs()
	b.ResetTimer()
	var working sync.WaitGroup
	for n := range callers {
		working.Go(func() {
			for i := range (b.N + n) / callers {
				a := event(strconv.Itoa(n) + "." + strconv.Itoa(i))
				a.Event.Body = body
				if _, err := c.Append(b.Context(), a); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	working.Wait()
	b.StopTimer()
	if err := c.Close(b.Context()); err != nil {
		b.Error(err)
	}
	b.ReportMetric(float64(items)/float64(max(commits, 1)), "appends/commit")
}

func BenchmarkAppendToDisk(b *testing.B) {
	for _, callers := range []int{64, 256} {
		b.Run("callers="+strconv.Itoa(callers), func(b *testing.B) {
			s, err := sqlite.Open(b.Context(), sqlite.Options{Dir: b.TempDir()})
			if err != nil {
				b.Fatal(err)
			}
			measure(b, s, callers)
			if err := s.Close(); err != nil {
				b.Error(err)
			}
		})
	}
}
