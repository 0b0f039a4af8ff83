package pluginhost_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire"
)

// patience bounds every wait of the tests; nothing is ever measured by it.
const patience = 4 * time.Minute

// house is a host with its directories and everything it says.
type house struct {
	*pluginhost.Host

	dir, data, run string
	registry       *prometheus.Registry
	log            *journal
	options        pluginhost.Options
}

// build makes a host that is not started. change may alter its options.
func build(t *testing.T, change func(*pluginhost.Options)) *house {
	t.Helper()
	root := shortDir(t)
	h := &house{
		dir: filepath.Join(root, "plugins"), data: filepath.Join(root, "data"), run: filepath.Join(root, "run"),
		registry: prometheus.NewRegistry(), log: &journal{},
	}
	if err := os.Mkdir(h.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	h.options = pluginhost.Options{
		Dir: h.dir, DataDir: h.data, RuntimeDir: h.run,
		Exec:        []string{self(t), "exec-plugin"},
		Logger:      slog.New(slog.NewJSONHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Registerer:  h.registry,
		BackoffBase: 10 * time.Millisecond, BackoffMax: 100 * time.Millisecond,
		StartTimeout: patience,
	}
	if change != nil {
		change(&h.options)
	}
	host, err := pluginhost.New(h.options)
	if err != nil {
		t.Fatal(err)
	}
	h.Host = host
	t.Cleanup(func() {
		h.close(t)
		if t.Failed() {
			t.Log(h.log.String())
		}
	})
	return h
}

// start makes and starts a host with one plugin of each mood, called as its
// mood without spaces.
func start(t *testing.T, moods ...string) *house {
	t.Helper()
	return startWith(t, nil, moods...)
}

func startWith(t *testing.T, change func(*pluginhost.Options), moods ...string) *house {
	t.Helper()
	h := build(t, change)
	for _, mood := range moods {
		h.install(t, nameOf(mood), mood)
	}
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h
}

func nameOf(mood string) string { return strings.NewReplacer(" ", "-", "/", "-").Replace(mood) }

// close stops the host and checks that nothing is left of its processes.
func (h *house) close(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := h.Close(ctx); err != nil {
		t.Errorf("close: %v", err)
	}
	for _, pattern := range []string{filepath.Join(h.data, "plugins", "*", "programs", ".new-*"), filepath.Join(h.run, "p-*")} {
		left, err := filepath.Glob(pattern)
		if err != nil || len(left) > 0 {
			t.Errorf("left behind: %v (%v)", left, err)
		}
	}
}

// install puts a plugin of that mood into the plugin directory.
func (h *house) install(t *testing.T, name, mood string) {
	t.Helper()
	// Where the SDK sees its cookie, it guards standard output; moods of the raw
	// kind must be able to misuse it.
	unguard := "unset " + wire.CookieKey + "\n"
	if strings.HasPrefix(mood, "sdk") {
		unguard = ""
	}
	writeScript(t, filepath.Join(h.dir, name), fmt.Sprintf("%s%s='%s' exec '%s'", unguard, moodKey, mood, self(t)))
}

func writeScript(t *testing.T, path, command string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+command+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
}

// shortDir is a temporary directory short enough for sockets.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "sh") //nolint:usetesting // Its path is too long for a socket.
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// self is this binary, as far as it is a plugin or the gateway's hidden step.
func self(t *testing.T) string {
	t.Helper()
	return binary.Path(t)
}

// status returns the plugin's status.
func (h *house) status(t *testing.T, name string) pluginhost.Status {
	t.Helper()
	for _, s := range h.Status() {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("no plugin %s in %+v", name, h.Status())
	return pluginhost.Status{}
}

// await waits until the plugin's status satisfies ok, and returns it.
func (h *house) await(t *testing.T, name string, ok func(pluginhost.Status) bool) pluginhost.Status {
	t.Helper()
	var s pluginhost.Status
	eventually(t, func() bool {
		s = h.status(t, name)
		return ok(s)
	})
	return s
}

// do sends a request to the plugin and returns what it tells of itself.
func (h *house) do(t *testing.T, name string, b body) facts {
	t.Helper()
	f, err := h.try(t.Context(), name, b)
	if err != nil {
		t.Fatalf("handle %+v: %v", b, err)
	}
	return f
}

// callbacks numbers the callbacks of all tests: no two have the same id.
var callbacks atomic.Int64

func (h *house) try(ctx context.Context, name string, b body) (facts, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	raw, err := json.Marshal(b)
	if err != nil {
		return facts{}, err
	}
	reply, err := h.Handler(name).Handle(ctx, sdk.Callback{ID: itoa(int(callbacks.Add(1))), Command: testCommand, AppID: "1400000001", Body: raw})
	if err != nil {
		return facts{}, err
	}
	var f facts
	return f, json.Unmarshal(reply.Extra, &f)
}

// eventually waits for a condition.
func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	end := time.After(patience)
	for !ok() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatal("the condition never came true")
		}
	}
}

// journal is a log that can be read.
type journal struct {
	mu  sync.Mutex
	raw bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.raw.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.raw.String()
}

// states returns the state changes that were logged of a plugin.
func (j *journal) states(t *testing.T, plugin string) []string {
	t.Helper()
	var states []string
	for _, l := range j.lines(t, "plugin state changed") {
		if l["plugin"] == plugin {
			states = append(states, fmt.Sprint(l["state"]))
		}
	}
	return states
}

// lines returns the records with that message.
func (j *journal) lines(t *testing.T, message string) []map[string]any {
	t.Helper()
	var found []map[string]any
	for line := range strings.Lines(j.String()) {
		var record map[string]any
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatalf("log line %q: %v", line, err)
		}
		if record["msg"] == message {
			found = append(found, record)
		}
	}
	return found
}

// gather renders the registry as text.
func gather(g prometheus.Gatherer) (string, error) {
	families, err := g.Gather()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(&b, f); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}

func itoa(n int) string { return strconv.Itoa(n) }
