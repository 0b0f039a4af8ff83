package chaos_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/app/apptest"
)

// ledger is what became of the callbacks of a load, as their sender saw it.
type ledger struct {
	sent, ok int
	reasons  map[string]int // of those that failed
	second   int            // attempts at another process, as the gateway counted them
}

func (l *ledger) enter(command, reply string, err error) {
	l.sent++
	switch {
	case err != nil:
		l.reasons[command+": "+err.Error()]++
	case reply != okReply:
		l.reasons[command+": "+reply]++
	default:
		l.ok++
	}
}

func (l *ledger) failed() int { return l.sent - l.ok }

// add takes over the counts of another ledger.
func (l *ledger) add(other ledger) {
	l.sent, l.ok, l.second = l.sent+other.sent, l.ok+other.ok, l.second+other.second
}

// String is the ledger in a line.
func (l *ledger) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "sent %d, ok %d, failed %d, second attempts %d", l.sent, l.ok, l.failed(), l.second)
	for _, reason := range slices.Sorted(maps.Keys(l.reasons)) {
		fmt.Fprintf(&b, "; %d times %s", l.reasons[reason], reason)
	}
	return b.String()
}

func TestTheLedgerTellsWhatFailed(t *testing.T) {
	t.Parallel()
	l := ledger{reasons: make(map[string]int)}
	for range 3 {
		l.enter(told, okReply, nil)
	}
	for range 2 {
		l.enter(told, `{"ActionStatus":"FAIL"}`, nil)
	}
	l.enter(decided, "", errors.New("connection reset"))
	l.second = 2
	const want = `sent 6, ok 3, failed 3, second attempts 2` +
		`; 1 times ` + decided + `: connection reset; 2 times ` + told + `: {"ActionStatus":"FAIL"}`
	if got := l.String(); got != want {
		t.Errorf("the ledger says\n%s, want\n%s", got, want)
	}
}

// A program that is exchanged under load loses no callback, and no callback is
// delivered twice for it.
func TestNoRequestIsLostInSwaps(t *testing.T) {
	t.Parallel()
	f := length(t)
	for range f.rounds {
		swap(t, f)
	}
}

func swap(t *testing.T, f form) {
	t.Helper()
	g := newGateway(t, "author")
	g.start()
	defer g.Stop()
	flow := g.load(f.rush, told, decided)
	flow.more(t, f.requests)
	flow.disturb()
	for i := range f.swaps {
		before := g.Plugin("good")
		g.installBuild("good", "good", i+1)
		g.reload()
		if now := g.Plugin("good"); now.State != "ready" || now.PID == before.PID || now.SHA256 == before.SHA256 {
			t.Errorf("the plugin was %+v and is %+v", before, now)
		}
		flow.more(t, f.requests/4)
	}
	ledger := flow.stop()
	t.Logf("%d swaps: %s", f.swaps, &ledger)
	deliveries := g.sum("switchhook_deliveries_total", commandLabel(told)) + g.sum("switchhook_deliveries_total", commandLabel(decided))
	if ledger.failed() > 0 || ledger.second > 0 || deliveries != ledger.sent {
		t.Errorf("callbacks were lost, or delivered twice: %d deliveries", deliveries)
	}
}

// A plugin that is killed again and again costs some of its own callbacks their
// answer, but none goes without a reply, and all are counted.
func TestEveryFailureIsAnsweredAndCounted(t *testing.T) {
	t.Parallel()
	f := length(t)
	g := newGateway(t, "author")
	g.start()
	flow := g.load(f.rush, told, decided)
	for range f.times + 1 {
		flow.more(t, f.requests)
		g.replaced("good", func(before admin.Plugin) { g.signal(before.PID, syscall.SIGKILL) })
	}
	flow.more(t, f.requests)
	ledger := flow.stop()
	t.Logf("%d times kill -9: %s", f.times+1, &ledger)
	for reason := range ledger.reasons {
		if !strings.Contains(reason, `: {"ActionStatus":`) {
			t.Errorf("callbacks got no reply: %s", reason)
		}
	}
	ok := g.Series()[callbacks(told, "ok")] + g.Series()[callbacks(decided, "ok")]
	if all := g.sum("switchhook_callbacks_total", commandLabel(told)) + g.sum("switchhook_callbacks_total", commandLabel(decided)); all != ledger.sent || int(ok) != ledger.ok {
		t.Errorf("the gateway counted %d callbacks, %g of them OK: %s", all, ok, &ledger)
	}
	g.wantSeries(map[string]float64{exits("good", "oom_suspected"): float64(f.times + 1)})
}

// replaced waits until a plugin has another process than before change.
func (g *gateway) replaced(name string, change func(before admin.Plugin)) {
	g.t.Helper()
	before := g.Plugin(name)
	change(before)
	apptest.Eventually(g.t, "plugin "+name+" has another process", func() bool {
		now := g.Plugin(name)
		return now.State == "ready" && now.PID != before.PID
	})
}
