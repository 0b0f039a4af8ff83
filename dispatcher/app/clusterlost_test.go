package app_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/natstest"
)

// A cluster that has lost its streams gets new ones by the first gateway that starts. What
// that one had answered OK to it still has, and it says so until somebody brings it back.
func TestWhatWaitedInStreamsThatAreLostIsSaidAndBroughtBack(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{}) // ends after the gateway
	r := durableRig(t, "")
	r.install("obedient", "obedient")
	r.configure(clustered(server.URL(), ""))
	r.start()
	r.wantRun(0, "plugin", "disable", "obedient")
	r.want("an event", r.send(greeting, ""), okReply)
	r.stop()
	server.Kill()
	server.Wipe()
	server.Start()
	r.start()
	eventually(t, "it is degraded", func() bool { return r.degradedFor(admin.ReasonInboxLost) })
	status := r.wantRun(0, "inbox", "status")
	r.wantSaid("the status", status, "LOSS found at", "1 waiting and 0 dead copies")
	command := regexp.MustCompile("`switchhook (inbox move .*?)`").FindStringSubmatch(status)
	if command == nil {
		t.Fatalf("it names no command:\n%s", status)
	}
	move := strings.Fields(strings.Replace(command[1], "FILE", "switchhook.yaml", 1))
	r.wantSaid("the command that it names", r.wantRun(0, move...), "1 event that it did not have")
	r.wantRun(0, "plugin", "enable", "obedient")
	r.awaitMetric(delivered(greeting, "obedient", "ok"), 1)
	if status := r.wantRun(0, "inbox", "status"); strings.Contains(status, "LOSS") {
		t.Errorf("it is moved, and the status says\n%s", status)
	}
}
