package courier_test

import (
	"context"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/courier"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

// BenchmarkHot is what an event costs on its way from the commit to a plugin that
// answers at once, and its result on the way back.
func BenchmarkHot(b *testing.B) {
	for _, order := range []courier.Order{courier.Unordered, courier.ByUser} {
		b.Run(string(order), func(b *testing.B) { hot(b, order) })
	}
}

func hot(b *testing.B, order courier.Order) {
	b.Helper()
	const batch, most = 64, 4096
	var mu sync.Mutex
	var results []store.Result
	room := sync.NewCond(&mu)
	c := courier.New(courier.Options{
		Archive: newBacklog(0, 0, cmdA),
		Deliver: func(context.Context, string, sdk.Callback) (sdk.Reply, error) { return sdk.Reply{}, nil },
		Report: func(r store.Result) {
			mu.Lock()
			results = append(results, r)
			room.Signal()
			mu.Unlock()
		},
		Serves:   func(string, string) string { return "" },
		OrderKey: func(cb sdk.Callback, _ courier.Order) string { return cb.Key },
		Settings: courier.Settings{Deliveries: map[string]courier.Delivery{"*": {Order: order}}},
	})
	c.Start([]store.Queue{{Plugin: "p", Command: cmdA, Ready: 1}})
	for c.Lines()[0].Behind {
		runtime.Gosched()
	}
	var keys [512]string
	for i := range keys {
		keys[i] = strconv.Itoa(i)
	}
	body := make([]byte, 500)
	now := time.Now()
	seq, settled := uint64(0), uint64(0)
	plugins := []string{"p"}
	cpu := cpuTime()
	b.ReportAllocs()
	b.ResetTimer()
	var bt store.Batch
	for settled < uint64(b.N) {
		bt.Appends = bt.Appends[:0]
		for ; len(bt.Appends) < batch && seq < uint64(b.N); seq++ {
			bt.Appends = append(bt.Appends, store.Append{Plugins: plugins, Event: store.Event{
				Seq: seq + 1, ID: "id", Key: keys[seq%512], Command: cmdA, ReceivedAt: now, Body: body,
			}})
		}
		mu.Lock()
		for len(results) == 0 && (len(bt.Appends) == 0 || seq-settled > most) && settled > 0 {
			room.Wait()
		}
		bt.Results, results = append(bt.Results[:0], results...), results[:0]
		mu.Unlock()
		settled += uint64(len(bt.Results))
		c.Committed(&bt)
	}
	b.StopTimer()
	b.ReportMetric((cpuTime()-cpu).Seconds()/float64(b.N)*100_000, "cpu-s/100k")
	if err := c.Close(b.Context()); err != nil {
		b.Error(err)
	}
}

// cpuTime is what the process has used of the processors.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
