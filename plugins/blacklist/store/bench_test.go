package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/switchhook/switchhook/plugins/blacklist/store"
)

func BenchmarkApply(b *testing.B) {
	for _, n := range []int{3, 10_000} {
		b.Run(fmt.Sprintf("%d pairs", n), func(b *testing.B) {
			s := open(b, file(b))
			pairs := make([]store.Pair, n)
			for i := range pairs {
				pairs[i] = store.Pair{From: "user-0", To: fmt.Sprintf("user-%05d", i)}
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if _, err := s.Apply(b.Context(), block("c", noon.Add(time.Duration(i)), pairs...)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
