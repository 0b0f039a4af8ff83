package share_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

func TestTwoGatewaysDeliverEachCopyOnce(t *testing.T) {
	t.Parallel()
	const events = 10_000
	r := newRig(t, 2, inbox.Settings{})
	var senders sync.WaitGroup
	for _, g := range r.gateways {
		senders.Go(func() { g.accept(added, events/2, plugins...) })
	}
	senders.Wait()
	r.settled()
	if made, copies := r.deliveries(); made != 3*events || copies != 3*events {
		t.Errorf("%d deliveries of %d copies, want each of %d once", made, copies, 3*events)
	}
	for i, g := range r.gateways {
		if r.by(g) == 0 {
			t.Errorf("gateway %d delivered nothing", i)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, all := range r.ledger {
		if all[0].cb.Redelivered || all[0].cb.Attempt != 1 {
			t.Fatalf("%+v is no first attempt", all[0].cb)
		}
	}
}

func TestWhatAGatewayHadWhenItDiedOthersDeliver(t *testing.T) {
	t.Parallel()
	r := newRig(t, 0, inbox.Settings{})
	r.span = 2 * time.Second
	r.open(inbox.Settings{})
	r.open(inbox.Settings{})
	hung := make(chan struct{})
	dying, other := r.gateways[0], r.gateways[1]
	dying.handled(func(ctx context.Context, _ string, _ sdk.Callback) error {
		select {
		case <-hung:
		case <-ctx.Done():
		}
		return nil
	})
	dying.accept(added, 300, plugins...)
	r.await("the one that dies has something in hand", func() bool { return r.by(dying) > 10 })
	r.kill(dying.store)
	close(hung)
	other.accept(added, 100, plugins...)
	r.settled()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.ledger) != 1200 {
		t.Errorf("%d copies were delivered, want all 1200", len(r.ledger))
	}
	for _, all := range r.ledger {
		if last := all[len(all)-1]; len(all) > 1 && !last.cb.Redelivered {
			t.Fatalf("%s was delivered again, and is not marked", last.cb.ID)
		}
	}
}

func TestWhatOnlyOneServesGoesThere(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]string{"a plugin": "mailer", "a plugin's command": "mailer " + added} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, 2, inbox.Settings{})
			without := r.gateways[0]
			without.serve(away, false)
			for _, g := range r.gateways {
				g.accept(added, 100, "mailer")
				g.accept(deleted, 100, "mailer")
			}
			r.settled()
			r.mu.Lock()
			defer r.mu.Unlock()
			for _, all := range r.ledger {
				if len(all) != 1 || all[0].gateway == without && all[0].cb.Command == added {
					t.Fatalf("%s was delivered %d times, the last time by the one that serves it: %v", all[0].cb.ID, len(all), all[0].gateway != without)
				}
			}
		})
	}
}

func TestWhatFailsIsTriedAgainByAnyone(t *testing.T) {
	t.Parallel()
	settings := inbox.Settings{Retry: inbox.Retry{MaxBackoff: 1}}
	r := newRig(t, 0, settings)
	r.batonSpan = time.Minute // two keepers at once, where the machine is held up, would offer twice
	for range 2 {
		r.open(settings)
	}
	for _, g := range r.gateways {
		g.handled(func(_ context.Context, _ string, cb sdk.Callback) error {
			if cb.Attempt < 3 {
				return errors.New("the database is away")
			}
			return nil
		})
	}
	r.gateways[0].accept(added, 200, plugins...)
	r.settled()
	if made, copies := r.deliveries(); made != 1800 || copies != 600 {
		t.Errorf("%d deliveries of %d copies, want three of each of 600", made, copies)
	}
}

func TestWhatIsMadeReadyIsDeliveredByAnyone(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2, inbox.Settings{})
	r.gateways[0].accept(added, 100, "mailer")
	r.settled()
	report, err := r.gateways[1].Replay(t.Context(), inbox.ReplayOrder{Purpose: sdk.Replay, Filter: store.Filter{Plugin: "mailer"}}, nil)
	if err != nil || report.Queued != 100 {
		t.Fatalf("replayed %+v, err %v", report, err)
	}
	r.settled()
	if made, copies := r.deliveries(); made != 200 || copies != 100 {
		t.Errorf("%d deliveries of %d copies, want two of each of 100", made, copies)
	}
}

func TestWhatWasForgottenComes(t *testing.T) {
	t.Parallel()
	r := newRig(t, 0, inbox.Settings{})
	lone := r.join() // commits what nobody is ever told to deliver
	for range 50 {
		cb := callback(added)
		b := &store.Batch{Appends: []store.Append{{Plugins: []string{"mailer"}, Event: store.Event{ID: cb.ID, Command: added, ReceivedAt: cb.ReceivedAt}}}}
		if err := lone.Commit(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	r.pool.mu.Lock()
	r.queues = map[string][]*message{}
	r.pool.mu.Unlock()
	r.open(inbox.Settings{})
	r.open(inbox.Settings{})
	r.settled()
	if made, copies := r.deliveries(); made != 50 || copies != 50 {
		t.Errorf("%d deliveries of %d copies, want each of 50 once", made, copies)
	}
}

// What waits long for another attempt does not hide what was forgotten behind it.
func TestWhatWasForgottenBehindManyRetriesComes(t *testing.T) {
	t.Parallel()
	r := newRig(t, 0, inbox.Settings{})
	lone := r.join()
	const before, behind = 1000, 20
	var appended, tried store.Batch
	for range before + behind {
		cb := callback(added)
		appended.Appends = append(appended.Appends, store.Append{
			Plugins: []string{"mailer"}, Event: store.Event{ID: cb.ID, Command: added, ReceivedAt: cb.ReceivedAt},
		})
	}
	if err := lone.Commit(t.Context(), &appended); err != nil {
		t.Fatal(err)
	}
	for _, a := range appended.Appends[:before] {
		tried.Results = append(tried.Results, store.Result{
			Plugin: "mailer", Seq: a.Event.Seq, State: store.Retry, Attempts: 1, At: time.Now(), DueAt: time.Now().Add(time.Hour),
		})
	}
	if err := lone.Commit(t.Context(), &tried); err != nil {
		t.Fatal(err)
	}
	r.pool.mu.Lock()
	r.queues = map[string][]*message{}
	r.pool.mu.Unlock()
	r.open(inbox.Settings{})
	r.await("what is ready is delivered", func() bool {
		made, _ := r.deliveries()
		return made == behind
	})
}

// A cluster that takes nothing back holds a stop up once, and not for each claim.
func TestAStopDoesNotTryInVainForEachClaim(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1, inbox.Settings{})
	g := r.gateways[0]
	g.handled(func(ctx context.Context, _ string, _ sdk.Callback) error {
		<-ctx.Done()
		return ctx.Err()
	})
	for range 10 {
		g.accept(added, 1, "mailer")
	}
	r.await("some of it is in hand", func() bool {
		made, _ := r.deliveries()
		return made > 2
	})
	g.store.silent.Store(true)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_ = g.Close(ctx)                              // it is not clean
	if asked := g.store.asked.Load(); asked > 1 { // none is tried where the time is over before
		t.Errorf("it was tried %d times", asked)
	}
}
