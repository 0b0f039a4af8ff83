package dispatcher_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/sdk"
)

func TestDurableRoutesAnswerOnceStored(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err     error
		outcome dispatcher.Outcome
	}{
		"a stored callback is accepted":           {outcome: dispatcher.OutcomeAccepted},
		"a full inbox is overloaded, and said so": {err: sdk.Overloaded(time.Second, errors.New("disk full")), outcome: dispatcher.OutcomeOverloaded},
		"a broken disk is no plugin's failure":    {err: errors.New("input/output error"), outcome: dispatcher.OutcomeInternal},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stored []string
			d := gateway(t, dispatcher.Options{Accept: func(_ context.Context, _ sdk.Callback, plugins []string) error {
				stored = plugins
				return tc.err
			}}, dispatcher.Blueprint{Plugins: []dispatcher.Plugin{plugin("one", blockAdd, panics()), plugin("two", "*", panics())}})
			got := d.Dispatch(t.Context(), callback(t, blockAdd))
			if got.Outcome != tc.outcome || got.Failed != (tc.err != nil) {
				t.Errorf("outcome %s, failed %t; want %s", got.Outcome, got.Failed, tc.outcome)
			}
			if !slices.Equal(stored, []string{"one", "two"}) || !slices.Equal(got.Plugins, stored) {
				t.Errorf("stored for %v, routed to %v, want each claimant", stored, got.Plugins)
			}
		})
	}
}

// Before-callbacks are never touched by any of it, nor is what Tencent reads.
func TestWhatTencentWaitsForIsNeverStored(t *testing.T) {
	t.Parallel()
	d := gateway(t, dispatcher.Options{Accept: func(_ context.Context, cb sdk.Callback, _ []string) error {
		t.Errorf("%s was stored", cb.Command)
		return nil
	}}, dispatcher.Blueprint{
		Plugins: []dispatcher.Plugin{plugin("one", "*", answers(sdk.Reply{}))},
		Routes:  map[string]dispatcher.RouteConfig{"*": {Mode: dispatcher.ModeDurable}},
	})
	for _, command := range []string{groupSend, giftSend, chatbot, "Group.CallbackBeforeTomorrow"} {
		if got := d.Dispatch(t.Context(), callback(t, command)); got.Outcome != dispatcher.OutcomeOK && command != chatbot {
			t.Errorf("%s is %s, want it answered by the plugin", command, got.Outcome)
		}
	}
}

// An event is kept for whom it is routed to, also before there is such a plugin.
func TestAnEventWaitsForAPluginThatIsNotThere(t *testing.T) {
	t.Parallel()
	var stored []string
	d := gateway(t, dispatcher.Options{Accept: func(_ context.Context, _ sdk.Callback, plugins []string) error {
		stored = plugins
		return nil
	}}, dispatcher.Blueprint{
		Plugins: []dispatcher.Plugin{plugin("here", blockAdd, fails(unavailable()))},
		Routes:  map[string]dispatcher.RouteConfig{blockAdd: {Handlers: []string{"here", "later"}}},
	})
	if got := d.Dispatch(t.Context(), callback(t, blockAdd)); got.Outcome != dispatcher.OutcomeAccepted {
		t.Errorf("outcome %s, want accepted", got.Outcome)
	}
	if !slices.Equal(stored, []string{"here", "later"}) {
		t.Errorf("stored for %v", stored)
	}
	if problems := d.Table().Problems(); len(problems) != 1 {
		t.Errorf("problems %q, want the missing plugin's alone", problems)
	}
}

// A store without room may hold a request until Tencent has given up waiting.
func TestStoringMayTakeLongerThanTencentWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := gateway(t, dispatcher.Options{Accept: func(ctx context.Context, _ sdk.Callback, _ []string) error {
			<-ctx.Done()
			return ctx.Err()
		}}, dispatcher.Blueprint{
			Plugins: []dispatcher.Plugin{plugin("one", blockAdd, panics())},
			Routes:  map[string]dispatcher.RouteConfig{blockAdd: {Timeout: time.Second}},
		})
		cb := callback(t, blockAdd)
		cb.ReceivedAt = time.Now()
		before := time.Now()
		got := d.Dispatch(t.Context(), cb)
		if took := time.Since(before); got.Outcome != dispatcher.OutcomeTimeout || !got.Failed || took != dispatcher.AcceptTimeout {
			t.Errorf("%s after %v, want a timeout after %v", got.Outcome, took, dispatcher.AcceptTimeout)
		}
	})
}

func TestStoringIsUnderTheRoutesLimits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leave := make(chan struct{})
		d := gateway(t, dispatcher.Options{Accept: func(context.Context, sdk.Callback, []string) error {
			<-leave
			return nil
		}}, dispatcher.Blueprint{
			Plugins: []dispatcher.Plugin{plugin("one", blockAdd, panics())},
			Routes:  map[string]dispatcher.RouteConfig{blockAdd: {MaxInFlight: 1}},
		})
		go d.Dispatch(t.Context(), callback(t, blockAdd))
		synctest.Wait()
		if got := d.Dispatch(t.Context(), callback(t, blockAdd)); got.Outcome != dispatcher.OutcomeOverloaded {
			t.Errorf("the second is %s, want overloaded", got.Outcome)
		}
		close(leave)
	})
}
