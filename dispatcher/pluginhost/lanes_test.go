package pluginhost_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
	"github.com/switchhook/switchhook/sdk"
)

// Commands by what may be done with them.
const (
	afterCommand  = "Sns.CallbackFriendAdd"
	beforeCommand = "Group.CallbackBeforeSendMsg"
)

// A process whose places for one event are all taken by calls that hang, and that
// is flooded with large bodies of another, answers every decision meanwhile.
func TestReportsNeverStandBeforeDecisions(t *testing.T) {
	t.Parallel()
	const places = 16
	h := startWith(t, func(o *pluginhost.Options) {
		o.Plugins = []pluginhost.PluginConfig{{Name: "words", MaxInFlight: places}}
	}, "words")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var reports sync.WaitGroup
	var returned atomic.Int64
	for range places {
		reports.Go(func() {
			_, _ = h.try(ctx, "words", body{Do: "block"})
			returned.Add(1)
		})
	}
	eventually(t, func() bool { return h.send(t, beforeCommand, nil).Blocked == places })
	if _, err := h.try(t.Context(), "words", body{}); kindOf(err) != sdk.KindOverloaded {
		t.Errorf("one more got %v", err)
	}

	large := strings.Repeat("x", 2<<20)
	var flooded atomic.Int64
	for range 4 {
		reports.Go(func() {
			for ctx.Err() == nil {
				h.send(t, afterCommand, []byte(`{"text": "`+large+`"}`))
				flooded.Add(1)
			}
		})
	}
	eventually(t, func() bool { return flooded.Load() >= 4 })
	for range 100 {
		h.send(t, beforeCommand, nil)
	}
	if n := returned.Load(); n > 0 {
		t.Errorf("%d of the calls that hang came back: nothing was proved", n)
	}
	before := flooded.Load()
	eventually(t, func() bool { return flooded.Load() > before }) // it has not ceased
	stop()
	reports.Wait()
	h.wantMetrics(t, `switchhook_plugin_bulkhead_rejections_total{command="`+testCommand+`",plugin="words"} 1`)
}

// send has words answer one callback of command.
func (h *house) send(t *testing.T, command string, raw []byte) facts {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if raw == nil {
		raw = []byte("{}")
	}
	reply, err := h.Handler("words").Handle(ctx, sdk.Callback{ID: itoa(int(callbacks.Add(1))), Command: command, Body: raw})
	if err != nil {
		t.Errorf("%s: %v", command, err)
		return facts{}
	}
	var f facts
	if err := json.Unmarshal(reply.Extra, &f); err != nil {
		t.Error(err)
	}
	return f
}
