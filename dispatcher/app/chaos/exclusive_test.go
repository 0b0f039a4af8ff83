package chaos_test

import "testing"

// A plugin that bears no second process beside it is stopped before the next one
// starts. Its callbacks wait, as far as their time goes: a report's is enough.
func TestNoRequestIsLostInSwapsOfAnExclusivePlugin(t *testing.T) {
	t.Parallel()
	f := length(t)
	for range f.rounds {
		g := newGateway(t, "author")
		g.install("good", "exclusive")
		g.configure(longest, "plugins:\n  good: {replicas: 2}\n")
		g.start()
		flow := g.load(f.rush, told)
		flow.more(t, f.requests)
		flow.disturb()
		for i := range f.swaps {
			g.swap("exclusive", i+1)
			flow.more(t, f.requests/4)
		}
		ledger := flow.stop()
		t.Logf("%d swaps, exclusive: %s, waits %d", f.swaps, &ledger, g.sum("switchhook_plugin_waits_total", `plugin="good"`))
		if deliveries := g.sum("switchhook_deliveries_total", commandLabel(told)); ledger.failed() > 0 || deliveries != ledger.sent {
			t.Errorf("callbacks were lost, or delivered twice: %d deliveries", deliveries)
		}
		g.wantSeries(map[string]float64{
			exits("good", "clean"): float64(f.swaps), exits("good", "start_failed"): 0, replicas("good", "ready"): 1,
		})
		g.Stop()
	}
}
