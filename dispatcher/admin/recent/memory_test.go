package recent_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/admin/recent"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// callback is the nth of a test.
func callback(n int) recent.Callback {
	return recent.Callback{
		ID: fmt.Sprintf("id-%d", n), Key: fmt.Sprintf("key-%d", n%3), App: "1400000001", Command: "State.StateChange",
		ReceivedAt: noon.Add(time.Duration(n) * time.Second), Edge: recent.Edge{Outcome: "ok", By: "plugin", Status: 200},
	}
}

func idsOf(matches []recent.Match) []string {
	ids := []string{}
	for _, m := range matches {
		ids = append(ids, m.Callback.ID)
	}
	return ids
}

func TestTheLatestTakeThePlaceOfTheOldest(t *testing.T) {
	t.Parallel()
	m := recent.New(5)
	for n := range 8 {
		m.Answered(callback(n))
	}
	for n := range 8 {
		if got, known := m.ByID(fmt.Sprintf("id-%d", n)); known != (n >= 3) || known && cmp.Diff(got, callback(n)) != "" {
			t.Errorf("callback %d: %t %+v", n, known, got)
		}
	}
	if want := (recent.Reach{Callbacks: 5, Size: 5, Since: callback(3).ReceivedAt}); m.Reach() != want {
		t.Errorf("reach is %+v, want %+v", m.Reach(), want)
	}
}

func TestTheLatestOfAKeyComesFirst(t *testing.T) {
	t.Parallel()
	m := recent.New(100)
	for n := range 10 {
		m.Answered(callback(n))
	}
	first := m.Where("key-0", 0, 2)
	if diff := cmp.Diff([]string{"id-9", "id-6"}, idsOf(first)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"id-3", "id-0"}, idsOf(m.Where("key-0", first[1].Turn, 9))); diff != "" {
		t.Errorf("what comes before it: %s", diff)
	}
	if got := m.Where("nobody's", 0, 9); len(got) > 0 {
		t.Errorf("of a key that none has: %v", idsOf(got))
	}
}

func TestStepsComeInTheirOrder(t *testing.T) {
	t.Parallel()
	m := recent.New(4) // eight steps
	for n := range 10 {
		m.Happened(recent.Step{ID: fmt.Sprintf("id-%d", n%2), Kind: recent.KindAttempt, Number: n, Error: strings.Repeat("é", 1000)})
	}
	steps := m.Steps([]string{"id-0", "id-9"})
	numbers := []int{}
	for _, s := range steps["id-0"] {
		numbers = append(numbers, s.Number)
		if len(s.Error) > 300 || !strings.HasPrefix(s.Error, "éé") || strings.ContainsRune(s.Error, '\uFFFD') {
			t.Errorf("an error is kept as %d bytes: %q", len(s.Error), s.Error)
		}
	}
	if diff := cmp.Diff([]int{2, 4, 6, 8}, numbers); diff != "" || len(steps["id-9"]) > 0 || len(steps["id-1"]) > 0 {
		t.Errorf("%s, and of others %v", diff, steps)
	}
}

func TestNoMemoryRemembersNothing(t *testing.T) {
	t.Parallel()
	m := recent.New(0)
	m.Answered(callback(1))
	m.Happened(recent.Step{ID: "id-1"})
	if _, known := m.ByID("id-1"); known || len(m.Where("key-1", 0, 9)) > 0 || len(m.Steps([]string{"id-1"})) > 0 || m.Reach() != (recent.Reach{}) {
		t.Error("something is remembered")
	}
}

// Many write and many look at once; every value that is found is whole.
func TestWhatIsFoundIsWhole(t *testing.T) {
	t.Parallel()
	m := recent.New(16)
	var all sync.WaitGroup
	for w := range 4 {
		all.Go(func() {
			for n := range 500 {
				m.Answered(callback(w*1000 + n))
			}
		})
		all.Go(func() {
			for range 100 {
				for _, found := range m.Where("key-1", 0, 16) {
					var n int
					if _, err := fmt.Sscanf(found.Callback.ID, "id-%d", &n); err != nil || cmp.Diff(callback(n), found.Callback) != "" {
						t.Errorf("found %+v", found)
					}
				}
			}
		})
	}
	all.Wait()
	if got := m.Reach().Callbacks; got != 16 {
		t.Errorf("%d are remembered, want 16", got)
	}
}

func TestTimesAreMilliseconds(t *testing.T) {
	t.Parallel()
	for took, want := range map[time.Duration]string{
		1800 * time.Millisecond: "1800", 1234567 * time.Nanosecond: "1.234", 0: "0",
	} {
		text, err := json.Marshal(recent.Edge{Took: recent.Millis(took)})
		if err != nil || !strings.Contains(string(text), `"took_ms":`+want+`}`) {
			t.Errorf("%s is %s (%v), want %s", took, text, err, want)
		}
		var back recent.Edge
		if err := json.Unmarshal(text, &back); err != nil || time.Duration(back.Took) != took.Truncate(time.Microsecond) {
			t.Errorf("%s comes back as %s (%v)", text, time.Duration(back.Took), err)
		}
	}
}

// A callback must cost the gateway no memory that it had not taken before.
func TestRememberingAllocatesNothing(t *testing.T) { //nolint:paralleltest // what others allocate would be counted
	m, c := recent.New(64), callback(1)
	query := "Sign=0&CallbackCommand=" + c.Command
	c.Command = query[len(query)-len(c.Command):]
	step := recent.Step{ID: c.ID, Kind: recent.KindAttempt, At: noon, Plugin: "one", Number: 1, Purpose: "live", Outcome: "ok"}
	if n := testing.AllocsPerRun(200, func() {
		m.Answered(c)
		m.Happened(step)
	}); n != 0 {
		t.Errorf("a callback and a step take %v allocations", n)
	}
}

func BenchmarkAnswered(b *testing.B) {
	m, c := recent.New(4096), callback(1)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			m.Answered(c)
		}
	})
}

func BenchmarkByIDOfNone(b *testing.B) {
	m := recent.New(4096)
	for n := range 4096 {
		m.Answered(callback(n))
	}
	b.ReportAllocs()
	for b.Loop() {
		m.ByID("id-9999")
	}
}
