package app_test

import (
	"testing"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/natstest"
)

// Dead letters wait for an operator, who is told where they are.
func TestDeadLettersInAnInboxThatIsLeftBehindAreToldOf(t *testing.T) {
	t.Parallel()
	const left = "dead letters are left in the inbox that this gateway had for itself, and nobody sees them in the one that it shares"
	server := natstest.Start(t, natstest.Options{}) // ends after the gateway
	r := durableRig(t, "")
	r.install("obedient", "obedient")
	r.start()
	dead := r.send(greeting, "answer an illegal code")
	isDead := func() bool {
		copies := r.story(dead.id).Copies
		return len(copies) == 1 && copies[0].State == "dead"
	}
	eventually(t, "it is a dead letter", isDead)
	r.stop()

	r.configure(clustered(server.URL(), ""))
	r.start()
	r.log.Await(t, left, r.path("data/inbox"), "switchhook inbox move --from "+r.path("data"))
	if isDead() {
		t.Error("the shared inbox has it already")
	}
	r.stop()
	r.wantSaid("the move", r.wantRun(0, "inbox", "move", "--from", "data", "--config", "switchhook.yaml"), "1 is dead", "1 event that it did not have")
	before := r.log.Size()
	r.start()
	eventually(t, "it is a dead letter still", isDead)
	if said := r.log.Records(left, before); len(said) != 0 {
		t.Errorf("once they were taken along it says %v", said)
	}
}
