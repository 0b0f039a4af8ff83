package logging_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/slogtest"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/switchhook/switchhook/dispatcher/logging"
)

// rig is a log that is bounded, and what was written of it.
type rig struct {
	*slog.Logger

	handler  *logging.Handler
	registry *prometheus.Registry
	written  journal
}

// journal is a text that is written and read by many.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

// Bytes are what was written so far.
func (j *journal) Bytes() []byte {
	j.mu.Lock()
	defer j.mu.Unlock()
	return bytes.Clone(j.text.Bytes())
}

func newRig(t *testing.T, change func(*logging.Options)) *rig {
	t.Helper()
	r := &rig{registry: prometheus.NewPedanticRegistry()}
	o := logging.Options{Next: slog.NewJSONHandler(&r.written, nil), Registerer: r.registry, Burst: 3, Rate: 1, PluginBurst: 5, PluginRate: 2}
	if change != nil {
		change(&o)
	}
	h, err := logging.New(o)
	if err != nil {
		t.Fatal(err)
	}
	r.handler, r.Logger = h, slog.New(h)
	return r
}

// said are the written records of that message.
func (r *rig) said(message string) (all []map[string]any) {
	for line := range bytes.Lines(r.written.Bytes()) {
		var record map[string]any
		if json.Unmarshal(line, &record) == nil && record["msg"] == message {
			all = append(all, record)
		}
	}
	return all
}

// pass lets time go by, and whatever it brings.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func (r *rig) wantCounts(t *testing.T, levels map[string]int, suppressed int) {
	t.Helper()
	var want strings.Builder
	fmt.Fprintf(&want, "# HELP switchhook_log_messages_total Lines that the gateway logged, those that plugins printed among them.\n"+
		"# TYPE switchhook_log_messages_total counter\n")
	for _, level := range []string{"debug", "error", "info", "warn"} {
		fmt.Fprintf(&want, "switchhook_log_messages_total{level=%q} %d\n", level, levels[level])
	}
	fmt.Fprintf(&want, "# HELP switchhook_log_suppressed_total Lines left out of the log because too many alike came at once.\n"+
		"# TYPE switchhook_log_suppressed_total counter\nswitchhook_log_suppressed_total %d\n", suppressed)
	if err := testutil.GatherAndCompare(r.registry, strings.NewReader(want.String())); err != nil {
		t.Error(err)
	}
}

func TestAFloodOfLinesIsBoundedAndToldOf(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		began := time.Now()
		for range 20 { // 10 s, five at a time
			for range 5 {
				r.Error("callback not handled", "plugin", "p", "command", "Sns.CallbackFriendAdd", "id", 1)
			}
			pass(time.Second / 2)
		}
		if n := len(r.said("callback not handled")); n != 3+9 {
			t.Errorf("%d lines of the flood were written, want the burst and one a second", n)
		}
		told := r.said("log lines left out")
		if len(told) != 1 {
			t.Fatalf("it was told of %d times: %v", len(told), told)
		}
		want := map[string]any{
			"level": "WARN", "like": "callback not handled", "like_level": "ERROR", "plugin": "p", "command": "Sns.CallbackFriendAdd",
			"count": 88.0, "since": began.Format(time.RFC3339Nano),
		}
		for key, value := range want {
			if told[0][key] != value {
				t.Errorf("%s is %v, want %v", key, told[0][key], value)
			}
		}
		pass(time.Minute)
		r.Error("callback not handled", "plugin", "p", "command", "Sns.CallbackFriendAdd")
		if n := len(r.said("callback not handled")); n != 13 {
			t.Error("after the flood a line does not pass")
		}
		r.handler.Close()
		if n := len(r.said("log lines left out")); n != 1 {
			t.Errorf("nothing was left out since, and it was told of: %s", r.written.Bytes())
		}
		r.wantCounts(t, map[string]int{"error": 13, "warn": 1}, 88)
	})
}

func TestWhatDiffersIsNotHeldBack(t *testing.T) {
	t.Parallel()
	tests := map[string]func(r *rig){
		"another message": func(r *rig) { r.Error("inbox cannot take callbacks", "plugin", "p") },
		"another level":   func(r *rig) { r.Warn("callback not handled", "plugin", "p") },
		"another plugin":  func(r *rig) { r.Error("callback not handled", "plugin", "q") },
		"another command": func(r *rig) { r.Error("callback not handled", "plugin", "p", "command", "Sns.CallbackFriendAdd") },
		"a print of its":  func(r *rig) { r.With("plugin", "p").Error("callback not handled", "stream", "stderr") },
		"a plugin of With": func(r *rig) {
			r.With("plugin", "p").Info("plugin state changed")
		},
	}
	for name, line := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, nil)
				defer r.handler.Close()
				for range 100 {
					r.Error("callback not handled", "plugin", "p")
				}
				before := len(r.written.Bytes())
				line(r)
				if len(r.written.Bytes()) == before {
					t.Error("it was left out")
				}
			})
		})
	}
}

func TestWhatIsSaidInOtherWordsIsHeldBackAllTheSame(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		line func(r *rig, i int)
		want int
		like string
	}{
		"what a plugin prints": {func(r *rig, i int) {
			r.With("plugin", "p").WithGroup("").Info(fmt.Sprint("line ", i), "stream", "stderr") //nolint:sloglint // the plugin's own
		}, 5, "what a plugin prints"},
		"a plugin's levels": {func(r *rig, i int) {
			r.With("plugin", "p").Log(context.Background(), slog.LevelError+slog.Level(i), "line", "stream", "stderr")
		}, 5, "what a plugin prints"},
		"what net/http says": {func(r *rig, i int) {
			r.With("listener", "admin").Warn(fmt.Sprint("http: TLS handshake error from ", i)) //nolint:sloglint // net/http's own
		}, 3, "trouble with connections"},
		"commands that nobody knows": {func(r *rig, i int) {
			r.Warn("callback not handled", "command", fmt.Sprint("X", i))
		}, 3, "callback not handled"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, nil)
				for i := range 1000 {
					tt.line(r, i)
				}
				if n := bytes.Count(r.written.Bytes(), []byte("\n")); n != tt.want {
					t.Errorf("%d lines were written, want %d", n, tt.want)
				}
				r.handler.Close() // which tells at once
				if told := r.said("log lines left out"); len(told) != 1 || told[0]["like"] != tt.like || told[0]["count"] != float64(1000-tt.want) {
					t.Errorf("it was told: %v", told)
				}
			})
		})
	}
}

// A message that changes ought not to be, and costs no memory beyond a bound.
func TestMessagesThatAreNotConstantAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		for i := range 50_000 {
			r.Info(fmt.Sprint("message ", i)) //nolint:sloglint // that is the mistake
		}
		if n := bytes.Count(r.written.Bytes(), []byte("\n")); n > 5000 {
			t.Errorf("%d of 50,000 lines were written", n)
		}
		pass(time.Hour)
		r.Info("something else")
		if len(r.said("something else")) != 1 {
			t.Error("the flood is over, and a line does not pass")
		}
		r.handler.Close()
	})
}

func TestLevelsInBetweenCountAsTheLower(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *logging.Options) {
		o.Next = slog.NewTextHandler(&bytes.Buffer{}, &slog.HandlerOptions{Level: slog.LevelDebug - 4})
	})
	defer r.handler.Close()
	for _, level := range []slog.Level{-8, -4, -1, 0, 3, 4, 7, 8, 12} {
		r.Log(t.Context(), level, "m")
	}
	r.wantCounts(t, map[string]int{"debug": 3, "info": 2, "warn": 2, "error": 2}, 0)
}

func TestManyGoroutinesMayLog(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 1000 {
				r.With("plugin", "p").Warn("callback not handled")
			}
		})
	}
	all.Wait()
	r.handler.Close()
	told := r.said("log lines left out")
	if len(told) == 0 {
		t.Fatal("nothing was left out")
	}
	sum := len(r.said("callback not handled"))
	for _, line := range told {
		count, _ := line["count"].(float64)
		sum += int(count)
	}
	if sum != 8000 {
		t.Errorf("8000 lines are written or told of, not %d", sum)
	}
}

func TestItIsAHandlerAsAnyOther(t *testing.T) {
	t.Parallel()
	var r *rig
	slogtest.Run(t, func(t *testing.T) slog.Handler {
		t.Helper()
		r = newRig(t, nil)
		t.Cleanup(r.handler.Close)
		return r.handler
	}, func(t *testing.T) map[string]any {
		t.Helper()
		var record map[string]any
		if err := json.Unmarshal(r.written.Bytes(), &record); err != nil {
			t.Fatal(err)
		}
		return record
	})
}

func TestItNeedsSomewhereToWrite(t *testing.T) {
	t.Parallel()
	if _, err := logging.New(logging.Options{}); err == nil {
		t.Error("it was made without")
	}
	registry := prometheus.NewRegistry()
	for i, want := range []bool{true, false} {
		_, err := logging.New(logging.Options{Next: slog.DiscardHandler, Registerer: registry})
		if (err == nil) != want {
			t.Errorf("time %d: %v", i, err)
		}
	}
}

func BenchmarkALineThatIsLeftOut(b *testing.B) {
	h, err := logging.New(logging.Options{Next: slog.NewTextHandler(&bytes.Buffer{}, nil)})
	if err != nil {
		b.Fatal(err)
	}
	defer h.Close()
	log := slog.New(h)
	b.ReportAllocs()
	for b.Loop() {
		log.LogAttrs(b.Context(), slog.LevelError, "callback not handled", slog.String("plugin", "p"), slog.String("command", "Sns.CallbackFriendAdd"))
	}
}
