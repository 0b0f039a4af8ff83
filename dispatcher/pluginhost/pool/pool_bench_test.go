package pool_test

import (
	"context"
	"testing"
	"time"

	"github.com/switchhook/switchhook/sdk"
)

func instantly(context.Context, sdk.Callback) (sdk.Reply, error) { return sdk.Reply{}, nil }

// BenchmarkPool is what a pool adds to a call that is answered at once. An
// after-command with a second process at hand may be overtaken, which takes a
// timer and a context.
func BenchmarkPool(b *testing.B) {
	for name, bb := range map[string]struct {
		replicas int
		command  string
		parallel bool
	}{
		"1 replica":                            {replicas: 1, command: afterCommand},
		"1 replica, many callers":              {replicas: 1, command: afterCommand, parallel: true},
		"3 replicas, before":                   {replicas: 3, command: beforeCommand},
		"3 replicas, before, many callers":     {replicas: 3, command: beforeCommand, parallel: true},
		"3 replicas, repeatable":               {replicas: 3, command: afterCommand},
		"3 replicas, repeatable, many callers": {replicas: 3, command: afterCommand, parallel: true},
	} {
		b.Run(name, func(b *testing.B) {
			f := newFixture(b)
			for range bb.replicas {
				f.Publish(newPlain(instantly))
			}
			ctx, cancel := context.WithTimeout(b.Context(), time.Hour)
			defer cancel()
			cb := sdk.Callback{ID: "id", Command: bb.command}
			b.ReportAllocs()
			if bb.parallel {
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						if _, err := f.Handle(ctx, cb); err != nil {
							b.Error(err)
						}
					}
				})
				return
			}
			for b.Loop() {
				if _, err := f.Handle(ctx, cb); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("direct", func(b *testing.B) {
		in := newPlain(instantly)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := in.Direct(b.Context(), sdk.Callback{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
