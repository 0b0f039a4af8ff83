package app_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/natstest"
)

// Whoever follows docs/scaling.md, with a configuration and a cluster of their own, comes to
// a gateway that has taken its inbox along.
func TestScalingDoesWhatItSays(t *testing.T) {
	t.Parallel()
	r := durableRig(t, "")
	r.install("obedient", "obedient")
	r.start()
	r.wantRun(0, "plugin", "disable", "obedient")
	r.want("an event", r.send(greeting, ""), okReply)
	r.stop()
	nodes := natstest.NewCluster(t, 3, natstest.Options{MaxStore: 64 << 30})
	commands := 0
	for _, b := range blocks(t, "docs/scaling.md") {
		switch b.language {
		case "yaml":
			for i, url := range nodes.URLs() {
				b.text = strings.ReplaceAll(b.text, fmt.Sprintf("nats://nats-%d:4222", i+1), url)
			}
			r.configure(b.text)
		case "sh":
			for line := range strings.Lines(b.text) {
				commands++
				r.wantRun(0, strings.Fields(line)[1:]...)
			}
		}
	}
	if commands == 0 {
		t.Error("the page shows no command")
	}
	r.start()
	r.wantRun(0, "plugin", "enable", "obedient")
	r.awaitMetric(delivered(greeting, "obedient", "ok"), 1)
}
