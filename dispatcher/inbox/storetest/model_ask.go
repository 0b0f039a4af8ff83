package storetest

import (
	"time"

	"pgregory.net/rapid"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

func purposes() []sdk.Purpose { return []sdk.Purpose{sdk.Live, sdk.Replay} }

// twin is the fixture's words, said to the memory.
func (m *model) twin() *fixture {
	return &fixture{Store: m.memory, t: m.t, clock: m.now()}
}

// agree compares all that both have.
func (m *model) agree(*rapid.T) {
	m.same("all answers", m.answers(), m.twin().answers())
	m.stop()
}

// ask compares the answers to one question of each kind.
func (m *model) ask(rt *rapid.T) {
	twin := m.twin()
	l := line(drawPlugin(rt), rapid.SampledFrom([][]string{
		{added}, {created}, {added, deleted}, {deleted, created, added}, {"Sns.CallbackOther"},
	}).Draw(rt, "commands")...)
	// All bodies are even and this is odd: whether an empty body still fits where the sum
	// is MaxBytes exactly, a store may see as it likes.
	limit, maxBytes := rapid.IntRange(1, 6).Draw(rt, "limit"), 2*rapid.Int64Range(0, 30).Draw(rt, "bytes")+1
	waiting := store.WaitingQuery{
		Line: l, Limit: limit, MaxBytes: maxBytes,
		After: rapid.Uint64Range(0, 30).Draw(rt, "after"), Retries: rapid.Bool().Draw(rt, "retries"),
	}
	m.same("what waits", m.waiting(waiting), twin.waiting(waiting))
	due := store.DueQuery{Line: l, Limit: limit, MaxBytes: maxBytes, Now: m.now().Add(minutes(rt) - 20*time.Minute)}
	got, next := m.due(due)
	want, wantNext := twin.due(due)
	m.same("what is due", got, want)
	m.same("when the next is due", next, wantNext)
	scan := store.ScanQuery{
		Filter: m.drawFilter(rt), Limit: limit, Newest: rapid.Bool().Draw(rt, "newest"), Bodies: rapid.Bool().Draw(rt, "bodies"),
	}
	m.same("what a scan finds", m.scan(scan), twin.scan(scan))
	m.stop()
}

func (m *model) drawFilter(rt *rapid.T) store.Filter {
	var f store.Filter
	maybe := func(what string) bool { return rapid.IntRange(0, 3).Draw(rt, what) == 0 }
	if maybe("by app") {
		f.App = rapid.SampledFrom([]string{"1", "2", "3"}).Draw(rt, "app")
	}
	if maybe("by command") {
		f.Command = drawPattern(rt)
	}
	if maybe("by plugin") {
		f.Plugin = drawPlugin(rt)
	}
	if maybe("by key") {
		f.Key = rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "key")
	}
	if maybe("since") {
		f.Since = m.now().Add(-minutes(rt))
	}
	if maybe("until") {
		f.Until = m.now().Add(-minutes(rt))
	}
	if maybe("by state") {
		f.States = rapid.SliceOfNDistinct(rapid.SampledFrom(store.States()), 1, 3, rapid.ID[store.State]).Draw(rt, "states")
	}
	if maybe("by reason") {
		f.Reason = rapid.SampledFrom(store.Reasons()).Draw(rt, "reason")
	}
	return f
}

// stop ends a story at the first difference: what comes after it says nothing new.
func (m *model) stop() {
	if m.t.Failed() {
		m.t.FailNow()
	}
}
