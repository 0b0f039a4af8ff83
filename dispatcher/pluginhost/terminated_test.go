package pluginhost_test

import (
	"context"
	"sync"
	"syscall"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
)

// Somebody terminates a process by hand. It finishes what it has and refuses what
// comes, with the fewest calls of all: the others are asked in its place, and where
// there are none, callbacks wait for its successor.
func TestAProcessThatIsTerminatedCostsNoCallback(t *testing.T) {
	t.Parallel()
	for name, replicas := range map[string]int{"alone": 1, "one of two": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := startWith(t, func(o *pluginhost.Options) {
				o.Plugins = []pluginhost.PluginConfig{{Name: "sdk", Replicas: replicas}}
			}, "sdk")
			s := h.await(t, "sdk", func(s pluginhost.Status) bool { return s.Ready == replicas })
			ended := s.Replicas[0].PID
			busy, free := context.WithCancel(t.Context())
			defer free()
			var calls sync.WaitGroup
			for range 4 * replicas {
				calls.Go(func() { _, _ = h.try(busy, "sdk", body{Do: "block"}) })
			}
			eventually(t, func() bool {
				f := h.do(t, "sdk", body{})
				return f.PID == ended && f.Blocked > 0
			})
			load, stop := context.WithCancel(t.Context())
			defer stop()
			calls.Go(func() {
				for load.Err() == nil {
					if _, err := h.try(t.Context(), "sdk", body{}); err != nil {
						t.Errorf("a callback got %v", err)
						return
					}
				}
			})
			signalTo(t, ended, syscall.SIGTERM)
			eventually(t, func() bool { return len(h.log.lines(t, terminated)) == 1 })
			if replicas > 1 {
				for range 50 {
					if got := h.do(t, "sdk", body{}).PID; got == ended {
						t.Error("a process that is about to end got a callback")
					}
				}
			}
			free()
			h.await(t, "sdk", func(s pluginhost.Status) bool { return s.Ready == replicas && s.Replicas[0].PID != ended })
			stop()
			calls.Wait()
			if lines := h.log.lines(t, terminated); len(lines) != 1 {
				t.Errorf("it is logged %d times", len(lines))
			}
		})
	}
}

const terminated = "plugin process is about to end, though the gateway has not asked it to, and gets no more callbacks"
