package cluster_test

import (
	"testing"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/natstest"
)

// A consumer that is made anew does not know what the one before has handed out, and hands
// it out again. Whoever gets that is told, also a gateway that has come since.
func TestWhatAConsumerThatWasMadeAnewHandsOutAgainIsInDoubt(t *testing.T) {
	t.Parallel()
	for what, lose := range map[string]func(t *testing.T, node *natstest.Node){
		"it was deleted": func(t *testing.T, node *natstest.Node) {
			t.Helper()
			if err := client(t, node.URL()).DeleteConsumer(t.Context(), "SWITCHHOOK_LOG", "deliver-audit"); err != nil {
				t.Fatal(err)
			}
		},
		"it was lost with its node": func(_ *testing.T, node *natstest.Node) {
			node.Kill()
			node.Start()
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			node := natstest.Start(t, natstest.Options{})
			o := cluster.Options{Servers: []string{node.URL()}, Replicas: 1}
			c := join(t, o)
			d := deliveries(t, c, "audit")
			appendAll(t, c, "one", "other")
			for n := 0; n < 2; {
				for _, held := range fetched(t, d, 2) {
					if n++; held.Doubt {
						t.Errorf("%d is in doubt when it is handed out for the first time", held.Mark)
					}
				}
			}
			lose(t, node)
			eventually(t, "it is handed out again", func() bool {
				var err error
				d, err = c.Deliveries(t.Context(), "audit")
				return err == nil
			})
			later := deliveries(t, join(t, o), "audit")
			for _, one := range []*cluster.Deliveries{d, later} {
				if held := fetched(t, one, 1)[0]; !held.Doubt {
					t.Errorf("%d is handed out again, and not in doubt", held.Mark)
				}
			}
			mark := appendOne(t, c, "new", event("new", 10))
			if held := fetched(t, later, 1)[0]; held.Mark != mark || held.Doubt {
				t.Errorf("%d is handed out, in doubt: %t; new is %d", held.Mark, held.Doubt, mark)
			}
		})
	}
}
