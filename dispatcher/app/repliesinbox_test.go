package app_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/dispatcher/inbox"
	"github.com/switchhook/switchhook/dispatcher/inbox/storetest"
	"github.com/switchhook/switchhook/dispatcher/pluginhost"
	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// inboxMood is how the inbox is when a condition's event comes.
type inboxMood struct {
	twice  bool // it has the event already
	full   bool
	broken bool // its disk is
	slow   bool // its disk is, until the test ends
	onFull inbox.OnFull
}

// box is the inbox of a condition.
type box struct {
	mood  *inboxMood
	inbox *inbox.Inbox
}

// acceptor is what the core stores events with, and tells entered of; nil without an
// inbox.
func (b *box) acceptor(entered chan<- struct{}) dispatcher.AcceptFunc {
	if b.mood == nil {
		return nil
	}
	return func(ctx context.Context, cb sdk.Callback, plugins []string) error {
		if b.mood.slow {
			entered <- struct{}{}
		}
		return b.inbox.Accept(ctx, cb, plugins)
	}
}

// open makes the inbox as the app does, on a store in memory.
func (b *box) open(t *testing.T, core *dispatcher.Dispatcher, registry *prometheus.Registry) {
	t.Helper()
	limits := storetest.MemoryOptions{}
	if b.mood.full {
		limits.MaxBytes = 1
	}
	memory := storetest.NewMemory(limits)
	opened, err := inbox.Open(t.Context(), inbox.Options{
		Store: memory, Deliver: core.Deliver, Serves: func(string, string) string { return "" },
		Knows: func(string, sdk.Purpose) bool { return true }, Lost: pluginhost.Lost, Poison: pluginhost.Poison,
		Key:      func(cb sdk.Callback) (string, bool) { return imevent.ContractOf(cb.Command).Key(cb) },
		Settings: inbox.Settings{OnFull: b.mood.onFull}, Registerer: registry,
	})
	if err != nil {
		t.Fatal(err)
	}
	b.inbox = opened
	opened.Start()
	release := func() {}
	if b.mood.slow {
		release = memory.Hold()
	}
	if b.mood.broken {
		memory.Fail(errors.New("input/output error"))
	}
	t.Cleanup(func() {
		release()
		memory.Fail(nil)
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := opened.Close(ctx); err != nil {
			t.Error(err)
		}
	})
}

// remember has the condition's event stored before it is sent.
func (b *box) remember(t *testing.T, c condition) {
	t.Helper()
	earlier := sdk.Callback{ID: "earlier", Command: c.command, AppID: shopApp, Body: c.content(), ReceivedAt: time.Now()}
	if err := b.inbox.Accept(t.Context(), earlier, []string{"one"}); err != nil {
		t.Fatal(err)
	}
}
