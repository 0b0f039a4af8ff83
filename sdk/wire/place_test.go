package wire_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire"
)

// seat is a place that remembers what it was told, in order.
type seat struct {
	meanwhile func() // runs while the seat is being abandoned; nil: nothing

	mu   sync.Mutex
	said []string
}

func (s *seat) Abandon() {
	if s.meanwhile != nil {
		s.meanwhile()
	}
	s.hear("abandoned")
}

func (s *seat) Leave(answered bool) {
	if answered {
		s.hear("left answered")
		return
	}
	s.hear("left")
}

func (s *seat) hear(word string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.said = append(s.said, word)
}

func (s *seat) story() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.said, ", ")
}

func (s *seat) wants(t *testing.T, story string) {
	t.Helper()
	if got := s.story(); got != story {
		t.Errorf("the place was told %q, want %q", got, story)
	}
}

func TestPlaceIsLeftWithTheAnswer(t *testing.T) {
	t.Parallel()
	for way, options := range ways() {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			e := open(t, func(_ context.Context, cb sdk.Callback) (sdk.Reply, error) {
				if cb.ID == "fails" {
					return sdk.Reply{}, sdk.Overloaded(0, errors.New("full"))
				}
				return sdk.Reply{}, nil
			}, options)
			var good, bad seat
			if _, err := e.client.HandleIn(t.Context(), event(afterCommand), &good); err != nil {
				t.Error(err)
			}
			good.wants(t, "left answered")
			_, err := e.client.HandleIn(t.Context(), sdk.Callback{ID: "fails", Command: afterCommand}, &bad)
			want(t, err, sdk.KindOverloaded)
			sent(t, err, true)
			bad.wants(t, "left answered")
		})
	}
}

func TestPlaceOfARefusedCallIsLeftAtOnce(t *testing.T) {
	t.Parallel()
	over, end := context.WithCancel(t.Context())
	end()
	for way, options := range ways() {
		client := (&fakePlugin{onCall: func(int, uint64) { t.Error("it was called") }}).connect(t, options)
		for name, test := range map[string]struct {
			ctx  context.Context //nolint:containedctx // a row of a table
			cb   sdk.Callback
			kind sdk.FaultKind
		}{
			"a body above the limit": {t.Context(), sdk.Callback{Body: make([]byte, wire.MaxBody+1)}, sdk.KindMalformed},
			"a purpose not accepted": {t.Context(), sdk.Callback{Purpose: sdk.DryRun}, sdk.KindUnsupported},
			"a context that is over": {over, sdk.Callback{}, sdk.KindTimeout},
		} {
			t.Run(name+" "+way, func(t *testing.T) {
				t.Parallel()
				var place seat
				_, err := client.HandleIn(test.ctx, test.cb, &place)
				want(t, err, test.kind)
				sent(t, err, false)
				place.wants(t, "left")
			})
		}
	}
}

func TestPlaceIsHeldUntilThePluginIsThrough(t *testing.T) {
	t.Parallel()
	entered, free := make(chan struct{}), make(chan struct{})
	e := open(t, func(ctx context.Context, cb sdk.Callback) (sdk.Reply, error) {
		close(entered)
		<-free // heeds no context
		return echo(ctx, cb)
	}, wire.ClientOptions{})
	ctx, cancel := context.WithCancel(t.Context())
	var place seat
	gone := make(chan error, 1)
	go func() {
		_, err := e.client.HandleIn(ctx, event(afterCommand), &place)
		gone <- err
	}()
	<-entered
	place.wants(t, "")
	cancel()
	err := <-gone
	want(t, err, sdk.KindTimeout)
	sent(t, err, true)
	place.wants(t, "abandoned")
	if n := e.client.InFlight(); n != 1 {
		t.Errorf("in flight = %d, want the abandoned one", n)
	}
	close(free)
	until(t, "the place is left", func() bool { return e.client.InFlight() == 0 && place.story() != "abandoned" })
	place.wants(t, "abandoned, left answered")
	if n := e.client.Strays(); n != 0 {
		t.Errorf("strays = %d: a late answer is none", n)
	}
}

func TestPlaceOfAUnaryCallIsLeftWhenItsCallerGivesUp(t *testing.T) {
	t.Parallel()
	entered, free := make(chan struct{}), make(chan struct{})
	defer close(free)
	e := open(t, func(context.Context, sdk.Callback) (sdk.Reply, error) {
		close(entered)
		<-free
		return sdk.Reply{}, nil
	}, wire.ClientOptions{Unary: true})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-entered
		cancel()
	}()
	var place seat
	_, err := e.client.HandleIn(ctx, event(afterCommand), &place)
	want(t, err, sdk.KindTimeout)
	sent(t, err, true)
	place.wants(t, "abandoned, left")
}

func TestAnswerWhileAPlaceIsAbandonedWaitsItsTurn(t *testing.T) {
	t.Parallel()
	entered, free := make(chan struct{}), make(chan struct{})
	e := open(t, func(ctx context.Context, cb sdk.Callback) (sdk.Reply, error) {
		if cb.ID == "late" {
			close(entered)
			<-free
		}
		return echo(ctx, cb)
	}, wire.ClientOptions{})
	ctx, cancel := context.WithCancel(t.Context())
	place := seat{meanwhile: func() {
		close(free)
		until(t, "the answer is here", func() bool { return e.client.InFlight() == 0 })
		// The lane's reader comes to this answer when it is through with the other.
		if _, err := e.client.Handle(context.Background(), event(afterCommand)); err != nil {
			t.Error(err)
		}
	}}
	go func() {
		<-entered
		cancel()
	}()
	_, err := e.client.HandleIn(ctx, sdk.Callback{ID: "late", Command: afterCommand}, &place)
	want(t, err, sdk.KindTimeout)
	place.wants(t, "abandoned, left answered")
}

func TestNoPlaceIsAbandonedOnceItIsLeft(t *testing.T) {
	t.Parallel()
	const callers, rounds = 64, 100
	e := open(t, echo, wire.ClientOptions{})
	seats := make([]seat, callers*rounds)
	var wg sync.WaitGroup
	for caller := range callers {
		wg.Go(func() {
			for i := range rounds {
				// The caller gives up at about the time of the answer.
				ctx, cancel := context.WithCancel(context.Background())
				go cancel()
				cb := event([]string{afterCommand, beforeCommand}[i%2])
				_, _ = e.client.HandleIn(ctx, cb, &seats[caller*rounds+i])
				cancel()
			}
		})
	}
	wg.Wait()
	until(t, "the plugin is through", func() bool { return e.client.InFlight() == 0 })
	_ = e.client.Close() // ends the readers: all that is to be told was told
	stories := make(map[string]int)
	for i := range seats {
		stories[seats[i].story()]++
	}
	for story, n := range stories {
		switch story {
		case "left", "left answered", "abandoned, left answered":
		default:
			t.Errorf("%d places were told %q; all: %v", n, story, stories)
		}
	}
}
