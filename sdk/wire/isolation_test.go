package wire_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire"
)

func TestStuckHandlerHoldsUpNobodyAndKeepsItsPlace(t *testing.T) {
	t.Parallel()
	entered, free := make(chan struct{}), make(chan struct{})
	e := open(t, func(ctx context.Context, cb sdk.Callback) (sdk.Reply, error) {
		if cb.ID == "stuck" {
			close(entered)
			<-free // heeds no context
		}
		return echo(ctx, cb)
	}, wire.ClientOptions{MaxInFlight: 2})
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() {
		cb := event(afterCommand)
		cb.ID = "stuck"
		_, err := e.client.Handle(ctx, cb)
		gone <- err
	}()
	<-entered
	for range 100 {
		if _, err := e.client.Handle(t.Context(), event(afterCommand)); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	want(t, <-gone, sdk.KindTimeout)
	for range 100 {
		if _, err := e.client.Handle(t.Context(), event(afterCommand)); err != nil {
			t.Fatal(err)
		}
	}
	if n := e.client.InFlight(); n != 1 {
		t.Errorf("in flight = %d, want the stuck one", n)
	}
	close(free)
	until(t, "the place is free", func() bool { return e.client.InFlight() == 0 })
}

func TestPlacesAreBoundedOnBothEnds(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		service wire.Service
		options wire.ClientOptions
		text    string
	}{
		"by the gateway": {wire.Service{}, wire.ClientOptions{MaxInFlight: 1}, "the plugin has 1 calls under way"},
		"by the plugin":  {wire.Service{MaxInFlight: 1}, wire.ClientOptions{}, "the plugin has too many calls under way"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			entered, free := make(chan struct{}), make(chan struct{})
			test.service.Handler = sdk.HandlerFunc(func(ctx context.Context, cb sdk.Callback) (sdk.Reply, error) {
				close(entered)
				<-free
				return echo(ctx, cb)
			})
			e := connect(t, test.service, test.options)
			if err := e.client.Open(t.Context()); err != nil {
				t.Fatal(err)
			}
			first := make(chan error, 1)
			go func() {
				_, err := e.client.Handle(context.Background(), event(afterCommand))
				first <- err
			}()
			<-entered
			_, err := e.client.Handle(t.Context(), event(afterCommand))
			if fault := want(t, err, sdk.KindOverloaded); fault.Error() != test.text {
				t.Errorf("fault = %v", fault)
			}
			close(free)
			if err := <-first; err != nil {
				t.Errorf("the first call: %v", err)
			}
		})
	}
}

func TestPanicIsRecovered(t *testing.T) {
	t.Parallel()
	for way, options := range ways() {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			var logged bytes.Buffer
			e := connect(t, wire.Service{
				Logger: slog.New(slog.NewJSONHandler(&logged, nil)),
				Handler: sdk.HandlerFunc(func(ctx context.Context, cb sdk.Callback) (sdk.Reply, error) {
					if cb.ID == "panic" {
						panic("on purpose")
					}
					return echo(ctx, cb)
				}),
			}, options)
			if err := e.client.Open(t.Context()); err != nil {
				t.Fatal(err)
			}
			cb := event(afterCommand)
			cb.ID = "panic"
			_, err := e.client.Handle(t.Context(), cb)
			if fault := want(t, err, sdk.KindFailed); fault.Error() != "handler panicked: on purpose" {
				t.Errorf("fault = %v", fault)
			}
			if !strings.Contains(logged.String(), "isolation_test.go") {
				t.Errorf("the log has no stack:\n%s", &logged)
			}
			if _, err := e.client.Handle(t.Context(), event(afterCommand)); err != nil {
				t.Errorf("the next call: %v", err)
			}
		})
	}
}

func TestHandlerThatEndsItsGoroutineIsAnswered(t *testing.T) {
	t.Parallel()
	e := open(t, func(context.Context, sdk.Callback) (sdk.Reply, error) {
		runtime.Goexit()
		return sdk.Reply{}, nil
	}, wire.ClientOptions{})
	_, err := e.client.Handle(t.Context(), event(afterCommand))
	want(t, err, sdk.KindFailed)
}

func TestLanesAreSeparate(t *testing.T) {
	t.Parallel()
	entered, free := make(chan struct{}, 8), make(chan struct{})
	e := open(t, func(ctx context.Context, cb sdk.Callback) (sdk.Reply, error) {
		if cb.Command == afterCommand {
			entered <- struct{}{}
			<-free
		}
		return echo(ctx, cb)
	}, wire.ClientOptions{QueueFrames: 1, MaxInFlight: 1})
	report := event(afterCommand)
	report.Body = bytes.Repeat([]byte("x"), 4<<20)
	result := make(chan error, 1)
	go func() {
		_, err := e.client.Handle(context.Background(), report)
		result <- err
	}()
	<-entered
	_, err := e.client.Handle(t.Context(), report)
	want(t, err, sdk.KindOverloaded)
	for range 50 {
		if _, err := e.client.Handle(t.Context(), event(beforeCommand)); err != nil {
			t.Fatalf("a decision beside a report: %v", err)
		}
	}
	close(free)
	if err := <-result; err != nil {
		t.Error(err)
	}
}

func TestLaneFollowsTheCommand(t *testing.T) {
	t.Parallel()
	for command, before := range map[string]bool{
		"Group.CallbackBeforeSendMsg":           true,
		"Sns.CallbackPrevFriendAdd":             true,
		"Chatbot.OnC2CSignalMessage":            true,
		"New.CallbackBeforeSomething":           true,
		"Sns.CallbackBlackListAdd":              false,
		"Group.CallbackAfterSendMsg":            false,
		"New.CallbackAfterSomething":            false,
		"not a command of any documented shape": false,
	} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			var streams sync.Map
			fake := &fakePlugin{onCall: func(lane int, _ uint64) { streams.Store(lane, true) }}
			client := fake.connect(t, wire.ClientOptions{})
			if _, err := client.Handle(t.Context(), sdk.Callback{Command: command}); err != nil {
				t.Fatal(err)
			}
			// The client opens the lane of decisions first.
			if _, got := streams.Load(0); got != before {
				t.Errorf("on the lane of decisions: %t, want %t", got, before)
			}
		})
	}
}

func TestManyCallersGetTheirOwnAnswers(t *testing.T) {
	t.Parallel()
	e := open(t, func(ctx context.Context, cb sdk.Callback) (sdk.Reply, error) {
		if cb.Attempt%7 == 0 {
			return sdk.Reply{}, sdk.Permanent(errors.New(cb.ID))
		}
		if cb.Attempt%5 == 0 {
			<-ctx.Done()
		}
		return echo(ctx, cb)
	}, wire.ClientOptions{})
	var wg sync.WaitGroup
	for caller := range 64 {
		wg.Go(func() {
			for i := range 100 {
				cb := event([]string{afterCommand, beforeCommand}[i%2])
				cb.ID, cb.Attempt = fmt.Sprintf("%d/%d", caller, i), i
				ctx, cancel := context.WithCancel(context.Background())
				if i%5 == 0 {
					time.AfterFunc(time.Millisecond, cancel)
				}
				reply, err := e.client.Handle(ctx, cb)
				cancel()
				if err == nil && reply.Info != cb.ID || err != nil && sdk.KindOf(err) == sdk.KindPermanent && err.Error() != cb.ID {
					t.Errorf("%s got %q, %v", cb.ID, reply.Info, err)
				}
			}
		})
	}
	wg.Wait()
	until(t, "all places are free", func() bool { return e.client.InFlight() == 0 })
}
