package chaos_test

import (
	"cmp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/app/apptest"
)

// misbehaviour is what a plugin does on command, and the story that the gateway
// then tells of it.
type misbehaviour struct {
	do      string
	raw     bool   // by a plugin that speaks the protocol itself
	outcome string // of the callback that asked for it; several where the machine decides
	exit    string // the reason of the process's end; empty where it lives on
	says    string // the plugin's error has this in it
	lines   int    // that it prints, at the least
	strays  int    // answers that nobody waits for
	budget  string // of the callback; empty means the longest
	deaf    bool   // later callbacks are not answered either
}

// The budgets of a misused callback: where its process dies, that has to be seen
// before the budget is spent; where nothing comes, nobody need wait for it.
const (
	longest = "1.9s"
	short   = "500ms"
)

// misbehaviours are what needs no more than a gateway that restarts what has died.
func misbehaviours() []misbehaviour {
	return []misbehaviour{
		{do: "", outcome: "ok"}, // what it costs then is the machine's noise
		{do: "panic", outcome: "failed"},
		{do: "panic in a goroutine", outcome: "unavailable", exit: "panic", says: "panic: the cache is corrupt"},
		{do: "exit", outcome: "unavailable", exit: "error", says: "exited with status 3: the database is gone"},
		{do: "hang", outcome: "timeout", budget: short},
		{do: "hold the CPU", outcome: "timeout", budget: short},
		{do: "flood stderr", outcome: "ok", lines: 20_004},
		{do: "print to stdout", outcome: "ok"},
		{do: "print to stdout", raw: true, outcome: "ok"},
		{do: "leak goroutines", outcome: "ok"},
		{do: "answer late", raw: true, outcome: "timeout", budget: short},
		{do: "answer twice", raw: true, outcome: "ok", strays: 2},
		{do: "answer unknown calls", raw: true, outcome: "ok", strays: 100},
		{do: "answer 100 MB", outcome: "bad_reply timeout"},
		{do: "answer 100 MB", raw: true, outcome: "unavailable timeout", exit: "killed_timeout", says: "stream is broken"},
		{do: "close the stream", raw: true, outcome: "unavailable", exit: "killed_timeout", says: "stream is broken"},
		{do: "leave a child", outcome: "unavailable", exit: "error", says: "exited with status 4"},
		{do: "leave a child in a session of its own", outcome: "unavailable", exit: "error", says: "exited with status 4"},
		{do: "delete the socket", outcome: "ok"},
		{do: "answer nothing", raw: true, outcome: "timeout", budget: short, deaf: true},
	}
}

func (m misbehaviour) String() string {
	if m.raw {
		return m.do + ", without the SDK"
	}
	return cmp.Or(m.do, "do nothing wrong")
}

// role is the bad plugin's, with and without the SDK.
func role(raw bool) string {
	if raw {
		return "raw"
	}
	return "author"
}

// What one plugin does costs the callbacks of another nothing, leaves nothing
// behind, and is told as it was.
func TestMisbehaviourHarmsNobodyElse(t *testing.T) {
	t.Parallel()
	f := length(t)
	costs := &costs{}
	t.Cleanup(func() { t.Logf("p99 of the other commands\n%s", costs) })
	for _, m := range misbehaviours() {
		t.Run(m.String(), func(t *testing.T) {
			t.Parallel()
			for range f.rounds {
				m.play(t, f, costs)
			}
		})
	}
}

// play runs one round.
func (m misbehaviour) play(t *testing.T, f form, costs *costs) {
	t.Helper()
	g := newGateway(t, role(m.raw))
	g.configure(cmp.Or(m.budget, longest), "")
	g.start()
	defer g.Stop()
	good := g.Plugin("good").PID
	if reply, err := g.misuse(""); err != nil || reply != okReply {
		t.Fatalf("the bad plugin answers %s (%v) while it is good", reply, err)
	}
	flow := g.load(f.pace, told, decided)
	flow.more(t, f.requests)
	before := flow.footprint()
	flow.disturb()

	late := 0
	for range f.times {
		late += m.happen(t, g)
		flow.more(t, f.requests)
	}
	m.wantStory(t, g, f.times, late)
	flow.awaitFootprint(before)
	if now := g.Plugin("good"); now.PID != good || now.Restarts != 0 {
		t.Errorf("the good plugin was touched: %+v", now)
	}
	ledger := flow.stop()
	if ledger.failed() > 0 {
		t.Errorf("the other commands: %s", &ledger)
	}
	costs.note(m.String(), flow)
	if m.outcome == "timeout" { // a stop in good order would wait for the handlers
		g.signal(g.Plugin("bad").PID, syscall.SIGKILL)
	}
}

// happen makes the plugin misbehave once, and waits until it is itself again. It
// returns how many callbacks were late until then: what still holds the processor keeps
// it from others as well, and how long is the machine's affair.
func (m misbehaviour) happen(t *testing.T, g *gateway) (late int) {
	t.Helper()
	before := g.Plugin("bad")
	late = g.tell(m.do)
	if m.exit != "" {
		apptest.Eventually(t, "the plugin runs again", func() bool {
			now := g.Plugin("bad")
			return now.State == "ready" && now.PID != before.PID && now.Restarts > before.Restarts
		})
	} else if now := g.Plugin("bad"); now.State != "ready" || now.PID != before.PID {
		t.Errorf("told to %s, the plugin is %+v", m.do, now)
	}
	if m.deaf {
		return 0
	}
	apptest.Eventually(t, "after it was told to "+m.do+" the plugin answers as before", func() bool {
		reply, err := g.misuse("")
		good := err == nil && reply == okReply
		if !good && m.budget == short {
			late++
		} else if !good {
			t.Fatalf("after it was told to %s: the caller gets %s (%v)", m.do, reply, err)
		}
		return good
	})
	return late
}

// tell sends the order until it is out, and returns how many callbacks came to nothing
// before: a process that is out of breath after its last misdeed gets none for a
// moment, and on a machine with too much to do one may be too late to be sent.
func (g *gateway) tell(do string) (late int) {
	g.t.Helper()
	apptest.Eventually(g.t, "the plugin is told to "+do, func() bool {
		before := g.Log.Size()
		// However the plugin fails, the decision is made: by the command's policy.
		if reply, err := g.misuse(do); err != nil || !strings.HasPrefix(reply, answered) {
			g.t.Errorf("told to %s: the caller gets %s (%v)", do, reply, err)
		}
		told := !g.unsentSince(before)
		if !told {
			late++
		}
		return told
	})
	return late
}

// wantStory checks what the gateway tells after so many times, and callbacks that were
// late besides.
func (m misbehaviour) wantStory(t *testing.T, g *gateway, times, late int) {
	t.Helper()
	wanted := map[string]float64{`switchhook_plugin_up{plugin="bad"}`: 1, `switchhook_plugin_up{plugin="good"}`: 1}
	for _, reason := range []string{"clean", "error", "panic", "signal", "oom_suspected", "limit", "killed_timeout", "wedged", "handshake_failed", "start_failed"} {
		wanted[exits("good", reason)] = 0
		wanted[exits("bad", reason)] = 0
	}
	wanted[replicas("bad", "ready")], wanted[starts("bad", "boot")], wanted[starts("good", "boot")] = 1, 1, 1
	states := []string{"starting", "ready"}
	if m.exit != "" {
		wanted[exits("bad", m.exit)], wanted[starts("bad", "crash")] = float64(times), float64(times)
		for range times {
			states = append(states, "backoff", "starting", "ready")
		}
	}
	g.wantSeries(wanted)
	if got := g.states("bad"); !slices.Equal(got, states) {
		t.Errorf("the log tells of %v, want %v", got, states)
	}
	if second := g.sum("switchhook_plugin_second_attempts_total", `plugin="bad"`); second > 0 {
		t.Errorf("%d callbacks were sent twice, which nobody has allowed", second)
	}
	if m.outcome != "ok" { // as all the other callbacks
		m.wantOutcomes(t, g, times+late)
	}
	// Not at once: a health check that had no answer meanwhile is news until the next.
	apptest.Eventually(t, "the plugin's error says what it did: "+m.says, func() bool {
		p := g.Plugin("bad")
		return strings.Contains(p.Error, m.says) && (m.says != "" || p.Error == "")
	})
	apptest.Eventually(t, "what the plugin printed is counted", func() bool {
		return g.sum("switchhook_plugin_log_messages_total", `plugin="bad"`) >= m.lines*times
	})
	apptest.Eventually(t, "answers that nobody waits for are counted", func() bool { // at the next health check
		return g.sum("switchhook_plugin_stray_answers_total", `plugin="bad"`) == m.strays*times
	})
	if size := g.Log.Size(); size > 8<<20 {
		t.Errorf("the log has grown to %d bytes", size)
	}
}

// wantOutcomes checks how the callbacks that asked for it were counted.
func (m misbehaviour) wantOutcomes(t *testing.T, g *gateway, times int) {
	t.Helper()
	series := g.Series()
	var delivered, answered int
	for outcome := range strings.FieldsSeq(m.outcome) {
		delivered += int(series[deliveries(misused, "bad", outcome)])
		answered += int(series[callbacks(misused, outcome)])
	}
	if delivered != times || answered != times {
		t.Errorf("%d deliveries and %d callbacks are counted as %s, want %d", delivered, answered, m.outcome, times)
	}
}
