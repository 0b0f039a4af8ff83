package storetest

import (
	"errors"
	"flag"
	"os"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// Model tells stories of appends, results, operators, time and crashes to a store and
// to a [Memory], and wants the same answers from both after every step.
//
// It tells few, and the same ones every time, or others and many where SWITCHHOOK_SOAK
// is set; -rapid.checks and -rapid.seed say how many, and which. Since it sets those
// flags, no other test of its package may use rapid.
func Model(t *testing.T, im Implementation) {
	t.Helper()
	stories, seed := "4", "1"
	if os.Getenv("SWITCHHOOK_SOAK") != "" {
		stories, seed = "100", "0" // others every time
	}
	flag.Visit(func(f *flag.Flag) {
		switch f.Name {
		case "rapid.checks":
			stories = f.Value.String()
		case "rapid.seed":
			seed = f.Value.String()
		}
	})
	if err := errors.Join(flag.Set("rapid.checks", stories), flag.Set("rapid.seed", seed)); err != nil {
		t.Fatal(err)
	}
	base := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{fixture: fixture{t: rt, im: im, clock: time.Now().UTC().Truncate(time.Second)}}
		m.folder = func() string { return m.makeFolder(base) }
		m.open(Options{DuplicateWindow: 30 * time.Minute})
		m.memory = NewMemory(MemoryOptions{DuplicateWindow: 30 * time.Minute, Now: m.now})
		rt.Repeat(m.actions())
	})
}

// model is a store under test beside the one that knows.
type model struct {
	fixture
	memory *Memory
}

func (m *model) makeFolder(base string) string {
	m.t.Helper()
	dir, err := os.MkdirTemp(base, "")
	m.must(err)
	m.t.Cleanup(func() { m.must(os.RemoveAll(dir)) })
	return dir
}

func (m *model) actions() map[string]func(*rapid.T) {
	actions := map[string]func(*rapid.T){
		"":                     m.agree,
		"a batch is committed": m.commitBatch,
		"another batch":        m.commitBatch, // twice as often
		"time passes":          func(rt *rapid.T) { m.pass(minutes(rt)) },
		"finished events go":   m.trimSome,
		"someone subscribes":   m.subscribeSome,
		"someone unsubscribes": m.unsubscribeOne,
		"a plugin is renamed":  m.movePlugin,
		"someone asks":         m.ask,
		"it is opened again":   func(*rapid.T) { m.reopen() },
	}
	if m.im.Crash != nil {
		actions["it crashes"] = func(*rapid.T) { m.crash() }
	}
	return actions
}

func minutes(rt *rapid.T) time.Duration {
	return time.Duration(rapid.IntRange(1, 40).Draw(rt, "minutes")) * time.Minute
}

func drawPlugin(rt *rapid.T) string {
	return rapid.SampledFrom([]string{audit, blacklist, mailer}).Draw(rt, "plugin")
}

func drawPattern(rt *rapid.T) string {
	return rapid.SampledFrom([]string{"*", "Sns.*", "Group.*", added, created}).Draw(rt, "pattern")
}

func drawCommand(rt *rapid.T) string {
	return rapid.SampledFrom([]string{added, deleted, created}).Draw(rt, "command")
}

// commitBatch commits one batch to both, which must make the same of it.
func (m *model) commitBatch(rt *rapid.T) {
	var b store.Batch
	for range rapid.IntRange(0, 3).Draw(rt, "appends") {
		b.Appends = append(b.Appends, m.drawAppend(rt))
	}
	// A plugin and a number: those of a copy, as a rule.
	copies := m.known()
	name := func() (string, uint64) {
		if len(copies) > 0 && rapid.IntRange(0, 9).Draw(rt, "at random") > 0 {
			c := rapid.SampledFrom(copies).Draw(rt, "copy")
			return c.Plugin, c.Seq
		}
		return drawPlugin(rt), rapid.Uint64Range(0, 50).Draw(rt, "seq")
	}
	for range rapid.IntRange(0, 5).Draw(rt, "results") {
		plugin, seq := name()
		b.Results = append(b.Results, m.drawResult(rt, plugin, seq))
	}
	for range rapid.IntRange(0, 2).Draw(rt, "requeues") {
		r := store.Requeue{OnlyNew: rapid.Bool().Draw(rt, "only new")}
		r.Plugin, r.Seq = name()
		r.Purpose = rapid.SampledFrom(purposes()).Draw(rt, "purpose")
		if rapid.Bool().Draw(rt, "of another") {
			r.Plugin = drawPlugin(rt)
		}
		b.Requeues = append(b.Requeues, r)
	}
	for range rapid.IntRange(0, 2).Draw(rt, "drops") {
		plugin, seq := name()
		b.Drops = append(b.Drops, store.Drop{Plugin: plugin, Seq: seq})
	}
	twin := store.Batch{
		Appends: slices.Clone(b.Appends), Results: slices.Clone(b.Results),
		Requeues: slices.Clone(b.Requeues), Drops: slices.Clone(b.Drops),
	}
	m.must(m.Commit(m.t.Context(), &b))
	m.must(m.memory.Commit(m.t.Context(), &twin))
	m.same("what became of a batch", b, twin)
}

// known are the names of all copies that there are.
func (m *model) known() (all []store.Cursor) {
	page, err := m.memory.Scan(m.t.Context(), store.ScanQuery{})
	m.must(err)
	for _, c := range page.Copies {
		all = append(all, store.Cursor{Seq: c.Event.Seq, Plugin: c.Plugin})
	}
	return all
}

func (m *model) drawAppend(rt *rapid.T) store.Append {
	e := m.event(drawCommand(rt))
	e.Key = rapid.SampledFrom([]string{"a", "b", "c", ""}).Draw(rt, "key")
	e.AppID = rapid.SampledFrom([]string{"1", "2"}).Draw(rt, "app")
	e.Body = []byte(rapid.SampledFrom([]string{"", "{}", "a\x00\xff!", "a longer body of some bytes."}).Draw(rt, "body"))
	plugins := rapid.SampledFrom([][]string{
		{audit}, {mailer}, {audit, mailer}, {mailer, audit}, {blacklist}, {mailer, blacklist, audit},
	}).Draw(rt, "plugins")
	return store.Append{Event: e, Plugins: plugins, Once: e.Key != "" && rapid.Bool().Draw(rt, "once")}
}

func (m *model) drawResult(rt *rapid.T, plugin string, seq uint64) store.Result {
	r := store.Result{
		Plugin: plugin, Seq: seq, At: m.now(), Attempts: rapid.IntRange(1, 9).Draw(rt, "attempts"),
		State: rapid.SampledFrom([]store.State{store.Retry, store.Done, store.Done, store.Dead}).Draw(rt, "state"),
	}
	switch r.State {
	case store.Retry:
		r.DueAt = r.At.Add(time.Duration(rapid.IntRange(0, 20).Draw(rt, "due in")) * time.Minute)
		r.Error = "busy"
	case store.Dead:
		r.Reason = rapid.SampledFrom(store.Reasons()).Draw(rt, "reason")
		r.Error = rapid.SampledFrom([]string{"", "no such user"}).Draw(rt, "error")
	default:
	}
	return r
}

func (m *model) trimSome(rt *rapid.T) {
	r := store.Retention{Before: m.now().Add(time.Minute - minutes(rt)), Limit: rapid.IntRange(1, 5).Draw(rt, "limit")}
	gone := m.trim(r)
	r.Limit = 0
	trimmed, err := m.memory.Trim(m.t.Context(), r)
	m.must(err)
	m.same("how many events went", gone, trimmed.Events)
}

func (m *model) subscribeSome(rt *rapid.T) {
	var some []store.Subscription
	for range rapid.IntRange(1, 3).Draw(rt, "subscriptions") {
		some = append(some, store.Subscription{Plugin: drawPlugin(rt), Pattern: drawPattern(rt), Since: m.pass(time.Second)})
	}
	m.must(m.Subscribe(m.t.Context(), some...))
	m.must(m.memory.Subscribe(m.t.Context(), some...))
}

func (m *model) unsubscribeOne(rt *rapid.T) {
	plugin, pattern := drawPlugin(rt), drawPattern(rt)
	dead, err := m.Unsubscribe(m.t.Context(), plugin, pattern)
	want, wantErr := m.memory.Unsubscribe(m.t.Context(), plugin, pattern)
	m.sameError("unsubscribing", err, wantErr)
	m.same("how many are dead", dead, want)
}

func (m *model) movePlugin(rt *rapid.T) {
	from, to := drawPlugin(rt), drawPlugin(rt)
	if from == to {
		rt.Skip("a plugin is renamed to another name")
	}
	copies, err := m.Move(m.t.Context(), from, to)
	want, wantErr := m.memory.Move(m.t.Context(), from, to)
	m.sameError("moving", err, wantErr)
	m.same("how many copies moved", copies, want)
}

// sameError wants both to be well, or to say that there is nothing.
func (m *model) sameError(what string, got, want error) {
	m.t.Helper()
	if errors.Is(got, store.ErrNotFound) != errors.Is(want, store.ErrNotFound) || (got == nil) != (want == nil) {
		m.t.Fatalf("%s: %v, not %v", what, got, want)
	}
}
