package jetstream_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/logpb"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

func TestAnEntryWithWhatHasNoNameHereStopsTheViewBeforeIt(t *testing.T) {
	t.Parallel()
	for what, b := range map[string]*logpb.Batch{
		"a state":   {Results: []*logpb.Result{{Plugin: "a", Seq: 1, State: 77}}},
		"no state":  {Results: []*logpb.Result{{Plugin: "a", Seq: 1}}},
		"a reason":  {Results: []*logpb.Result{{Plugin: "a", Seq: 1, State: logpb.State_STATE_DEAD, Reason: 77}}},
		"a purpose": {Requeues: []*logpb.Requeue{{Plugin: "a", Seq: 1, Purpose: 77}}},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			h := newHistory()
			s := gateway(t, h)
			accept(t, s, 1, 2, "a")
			mark := s.Mark()
			for _, e := range []*logpb.Entry{{Batch: &logpb.Batch{}}, {Batch: b}, {Batch: &logpb.Batch{}}} {
				if _, err := h.Append(t.Context(), "newer", nil, e); err != nil {
					t.Fatal(err)
				}
			}
			eventually(t, "it says so", func() bool { why, _ := s.Trouble(); return strings.Contains(why, "upgrade") })
			same(t, "where the view is", mark+2, s.Mark())
			same(t, "what it has", 2, len(ask(t, s).Copies))
			if err := s.Commit(t.Context(), &store.Batch{}); err == nil {
				t.Error("it takes callbacks still")
			}
			ctx, cancel := context.WithCancel(t.Context())
			held := make(chan error)
			go func() { held <- s.Baton(ctx, "keeper", func(context.Context) {}) }()
			cancel()
			if err := <-held; !errors.Is(err, context.Canceled) {
				t.Errorf("the baton is held: %v", err)
			}
		})
	}
}
