package app_test

import (
	"slices"
	"strings"
	"testing"
)

// The second process of a plugin that never came up waits for the first; what the
// gateway says of itself is what the first one comes to.
func TestAPluginOfTwoProcessesThatNeverComesUpDegradesTheGateway(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.script("bin/plugins/broken", "echo 'no words.txt' >&2; exit 7")
	r.configure("plugins: {broken: {replicas: 2}}\n")
	r.start()
	eventually(t, "the gateway is degraded", func() bool {
		_, said := r.ready()
		return slices.ContainsFunc(r.degraded(), func(reason string) bool {
			return strings.HasPrefix(reason, "plugin broken is ") && strings.Contains(reason, "no words.txt")
		}) && len(said.Degraded) == 1
	})
	// Between two waits it is tried again, which is nothing to wake anybody for.
	eventually(t, "a metric says so", func() bool { return r.metric("switchhook_degraded") == 1 })

	// Its successor takes over from a process that was never started.
	r.install("broken", "obedient")
	r.wantRun(0, "plugin", "reload", "broken")
	r.want("a decision", r.send(decision, ""), okReply)
}

// A copy for safekeeping in the plugin directory is a plugin that claims the same once
// somebody reloads: whoever put it there learns from the log what it did.
func TestATieThatAFileBringsIsLogged(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("obedient", "obedient")
	r.start()
	r.install("obedient.bak", "obedient")
	r.wantRun(0, "config", "reload")
	r.log.Await(t, "callbacks are not routed as they should be", decision, "claimed by obedient and obedient.bak")
}
