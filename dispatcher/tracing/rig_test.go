package tracing_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/dispatcher/tracing"
	"github.com/switchhook/switchhook/internal/leaktest"
	"github.com/switchhook/switchhook/sdk"
)

func TestMain(m *testing.M) {
	os.Exit(leaktest.Run(m))
}

const (
	event    = "Sns.CallbackBlackListAdd"
	decision = "Group.CallbackBeforeSendMsg"
	app      = "1400000001"
	words    = "words that nobody else may read"
)

// rig is a tracer with what it reports to.
type rig struct {
	*tracing.Tracer

	t        testing.TB
	registry *prometheus.Registry
	log      *journal
}

// start makes a tracer of all callbacks, as far as change does not say otherwise. The
// test closes it, or its end does.
func start(tb testing.TB, change func(*tracing.Options)) *rig {
	tb.Helper()
	r := &rig{t: tb, registry: prometheus.NewRegistry(), log: &journal{}}
	o := tracing.Options{
		Insecure: true, Ratio: 1, Version: "1.2.3", Registerer: r.registry, Logger: slog.New(slog.NewJSONHandler(r.log, nil)),
	}
	change(&o)
	tracer, err := tracing.New(tb.Context(), o)
	if err != nil {
		tb.Fatal(err)
	}
	r.Tracer = tracer
	tb.Cleanup(func() { r.close(context.Background()) })
	return r
}

// to is an option: the collector's address.
func to(endpoint string) func(*tracing.Options) {
	return func(o *tracing.Options) { o.Endpoint = endpoint }
}

func (r *rig) close(ctx context.Context) {
	r.t.Helper()
	if err := r.Close(ctx); err != nil {
		r.t.Error(err)
	}
}

// counted returns how many spans went out, and how many were dropped.
func (r *rig) counted() (exported, dropped int) {
	r.t.Helper()
	for name, into := range map[string]*int{
		"switchhook_trace_spans_exported_total": &exported, "switchhook_trace_spans_dropped_total": &dropped,
	} {
		families, err := r.registry.Gather()
		if err != nil {
			r.t.Fatal(err)
		}
		for _, f := range families {
			if f.GetName() == name {
				*into = int(f.GetMetric()[0].GetCounter().GetValue())
			}
		}
	}
	return exported, dropped
}

// settled waits until so many spans are accounted for.
func (r *rig) settled(spans int) {
	r.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(4 * time.Minute); ; <-tick.C {
		exported, dropped := r.counted()
		if exported+dropped == spans {
			return
		}
		if time.Now().After(end) {
			r.t.Fatalf("of %d spans %d are exported and %d dropped", spans, exported, dropped)
		}
	}
}

// lint finds what Prometheus's conventions would have named otherwise.
func (r *rig) lint() {
	r.t.Helper()
	problems, err := testutil.GatherAndLint(r.registry)
	if err != nil || len(problems) > 0 {
		r.t.Errorf("metrics: %v, %v", problems, err)
	}
}

// callback is one as the gateway takes it in.
func callback(tb testing.TB, command string) sdk.Callback {
	tb.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		tb.Fatal(err)
	}
	return sdk.Callback{
		ID: id.String(), Command: command, AppID: app, ClientIP: "192.0.2.1", ReceivedAt: time.Now(), Attempt: 1,
		Body: []byte(`{"From_Account":"alice","Text":"` + words + `"}`),
	}
}

// pass takes a callback through the gateway's span to whatever answers it.
func (r *rig) pass(cb sdk.Callback, status int, answer func(ctx context.Context) dispatcher.Outcome) {
	ctx, done := r.Gateway()(r.t.Context(), cb)
	outcome := answer(ctx)
	if done != nil {
		done(status, outcome)
	}
}

// answers is a handler that notes what it gets.
func answers(got *sdk.Callback, reply sdk.Reply, err error) sdk.Handler {
	return sdk.HandlerFunc(func(_ context.Context, cb sdk.Callback) (sdk.Reply, error) {
		*got = cb
		return reply, err
	})
}

var errWords = errors.New("cannot stand " + words)

// journal is a log.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

// lines are the log's records of that message.
func (j *journal) lines(message string) (found []map[string]any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for line := range strings.Lines(j.text.String()) {
		var record map[string]any
		if json.Unmarshal([]byte(line), &record) == nil && record["msg"] == message {
			found = append(found, record)
		}
	}
	return found
}
