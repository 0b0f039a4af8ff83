package wire_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire"
)

// BenchmarkLink compares the ways of a callback over a real unix socket; both
// ends share the process, so the numbers are the CPU of both.
func BenchmarkLink(b *testing.B) {
	for _, way := range []string{"unary", "stream"} {
		for _, callers := range []int{1, 64, 256} {
			b.Run(fmt.Sprintf("%s/%d", way, callers), func(b *testing.B) {
				benchmarkLink(b, callers, way == "unary")
			})
		}
	}
}

func benchmarkLink(b *testing.B, callers int, unary bool) {
	b.Helper()
	e := open(b, func(_ context.Context, cb sdk.Callback) (sdk.Reply, error) {
		var ev struct {
			PairList []struct {
				From string `json:"From_Account"`
				To   string `json:"To_Account"`
			} `json:"PairList"`
		}
		return sdk.Reply{}, json.Unmarshal(cb.Body, &ev)
	}, wire.ClientOptions{Unary: unary})
	cb := event(afterCommand)
	var left atomic.Int64
	left.Store(int64(b.N))
	var wg sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	for range callers {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
				_, err := e.client.Handle(ctx, cb)
				cancel()
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}
