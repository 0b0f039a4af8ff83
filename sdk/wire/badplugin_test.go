package wire_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire"
	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

func handledAs(sequence uint64, info string) *wirepb.HandleResponse {
	return &wirepb.HandleResponse{Result: wirepb.Result_RESULT_HANDLED, ErrorInfo: info, Sequence: sequence}
}

func TestStrayAnswersAreCountedAndHarmNothing(t *testing.T) {
	t.Parallel()
	const calls, never = 10, 1000
	fake := &fakePlugin{extra: func(m *wirepb.HandleStreamResponse) {
		for _, answer := range m.GetAnswers() {
			m.Answers = append(m.Answers, handledAs(answer.GetSequence(), "twice"))
			for range never {
				m.Answers = append(m.Answers, handledAs(1<<60, "never"))
			}
		}
	}}
	client := fake.connect(t, wire.ClientOptions{})
	cb := event(afterCommand)
	for range calls {
		reply, err := client.Handle(t.Context(), cb)
		if err != nil || reply.Info != cb.ID {
			t.Fatalf("reply = %+v, %v", reply, err)
		}
	}
	until(t, "all strays are counted", func() bool { return client.Strays() == calls*(1+never) })
	if _, err := client.Handle(t.Context(), event(beforeCommand)); err != nil {
		t.Errorf("the other lane: %v", err)
	}
}

func TestAnswerToACallThatThePluginHasNotGotIsAStray(t *testing.T) {
	t.Parallel()
	queued, counted := make(chan struct{}), make(chan struct{})
	fake := &fakePlugin{serve: func(stream wirepb.PluginService_HandleStreamServer) error {
		if !closed(stream.Context(), queued) {
			return nil
		}
		if err := stream.Send(&wirepb.HandleStreamResponse{Answers: []*wirepb.HandleResponse{handledAs(3, "guessed")}}); err != nil {
			return err
		}
		// Sent is not yet received: were those before it read at once, the call
		// could be written before the guess is there, and the guess be an answer.
		if !closed(stream.Context(), counted) {
			return nil
		}
		for {
			m, err := stream.Recv()
			if err != nil {
				return err
			}
			for _, call := range m.GetCalls() {
				answer := &wirepb.HandleStreamResponse{Answers: []*wirepb.HandleResponse{handledAs(call.GetSequence(), "true")}}
				if err := stream.Send(answer); err != nil {
					return err
				}
			}
		}
	}}
	client := fake.connect(t, wire.ClientOptions{})
	fill(t, client)
	until(t, "the writer waits", func() bool { return len(client.Unanswered()) == 2 })
	replies := make(chan sdk.Reply, 1)
	go func() {
		reply, err := client.Handle(context.Background(), event(afterCommand))
		if err != nil {
			t.Error(err)
		}
		replies <- reply
	}()
	until(t, "it is queued", func() bool { return client.InFlight() == 3 })
	close(queued)
	until(t, "the guess on each lane is counted", func() bool { return client.Strays() == 2 })
	close(counted)
	if reply := <-replies; reply.Info != "true" {
		t.Errorf("the answer is the %s one", reply.Info)
	}
}

// closed waits until c is, and is false where ctx ended before that.
func closed(ctx context.Context, c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	case <-ctx.Done():
		return false
	}
}

// breaks has the plugin do its worst with the first call, and expects a broken
// link whose reason has text.
func breaks(t *testing.T, fake *fakePlugin, text string) {
	t.Helper()
	var logged bytes.Buffer
	client := fake.connect(t, wire.ClientOptions{Logger: slog.New(slog.NewJSONHandler(&logged, nil))})
	var place seat
	_, err := client.HandleIn(context.Background(), sdk.Callback{ID: "mine", Command: afterCommand}, &place)
	if fault := want(t, err, sdk.KindUnavailable); !strings.Contains(fault.Error(), text) {
		t.Errorf("fault = %v, want %q in it", fault, text)
	}
	sent(t, err, true)
	place.wants(t, "left")
	<-client.Broken()
	if ids := client.Unanswered(); len(ids) != 1 || ids[0] != "mine" {
		t.Errorf("unanswered = %v", ids)
	}
	_, err = client.Handle(t.Context(), event(beforeCommand))
	want(t, err, sdk.KindUnavailable)
	if err := client.Healthy(t.Context()); err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("health = %v, want %q in it", err, text)
	}
	_ = client.Close() // the reader that logs has ended
	if !strings.Contains(logged.String(), text) {
		t.Errorf("the log does not say %q: %s", text, &logged)
	}
}

func TestPluginThatDoesItsWorstBreaksTheLinkWithAReason(t *testing.T) {
	t.Parallel()
	const huge = 100 << 20
	for name, test := range map[string]struct {
		worst func(wirepb.PluginService_HandleStreamServer) error
		text  string
	}{
		"answers with 100 MB": {
			func(stream wirepb.PluginService_HandleStreamServer) error {
				answer := &wirepb.HandleResponse{Result: wirepb.Result_RESULT_HANDLED, Sequence: 1, Extra: make([]byte, huge)}
				return stream.Send(&wirepb.HandleStreamResponse{Answers: []*wirepb.HandleResponse{answer}})
			}, "message larger than max",
		},
		"sends what is no message": {
			func(stream wirepb.PluginService_HandleStreamServer) error {
				return stream.SendMsg(&wirepb.DescribeResponse{Name: "\x0a\x7f"})
			}, "unmarshal",
		},
		"ends the stream": {
			func(wirepb.PluginService_HandleStreamServer) error { return nil },
			"the plugin ended the stream",
		},
		"ends the stream with a status": {
			func(wirepb.PluginService_HandleStreamServer) error {
				return status.Error(codes.Internal, "tired of it")
			}, "tired of it",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			breaks(t, &fakePlugin{
				options: []grpc.ServerOption{grpc.MaxSendMsgSize(2 * huge)},
				serve: func(stream wirepb.PluginService_HandleStreamServer) error {
					if _, err := stream.Recv(); err != nil {
						return err
					}
					return test.worst(stream)
				},
			}, test.text)
		})
	}
}

func TestPluginThatNeverReadsHoldsUpNobody(t *testing.T) {
	t.Parallel()
	const callers, frames = 64, 8
	client, _, _ := stalled(t, wire.ClientOptions{QueueFrames: frames})
	fill(t, client)
	until(t, "the writer waits", func() bool { return len(client.Unanswered()) == 2 })
	ctx, cancel := context.WithCancel(t.Context())
	var seats [callers]seat
	results := make(chan error, callers)
	for i := range seats {
		go func() {
			_, err := client.HandleIn(ctx, event(afterCommand), &seats[i])
			results <- err
		}()
	}
	for range callers - frames {
		want(t, <-results, sdk.KindOverloaded)
	}
	cancel()
	for range frames {
		want(t, <-results, sdk.KindTimeout)
	}
	for i := range seats {
		seats[i].wants(t, "left")
	}
	if err := client.Close(); err != nil {
		t.Error(err)
	}
	if n := client.InFlight(); n != 0 {
		t.Errorf("in flight = %d after Close", n)
	}
}

func TestOpenEndsWithItsContext(t *testing.T) {
	t.Parallel()
	for name, plugin := range map[string]func() *fakePlugin{
		"no sign of life":  func() *fakePlugin { return &fakePlugin{silent: true} },
		"no second stream": func() *fakePlugin { return &fakePlugin{options: []grpc.ServerOption{grpc.MaxConcurrentStreams(1)}} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := plugin().dial(t, wire.ClientOptions{})
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			if err := client.Open(ctx); err == nil {
				t.Error("the streams are open")
			}
		})
		t.Run(name+" until Close", func(t *testing.T) {
			t.Parallel()
			fake := plugin()
			client := fake.dial(t, wire.ClientOptions{})
			opened := make(chan error, 1)
			go func() { opened <- client.Open(context.Background()) }()
			until(t, "the plugin has a stream", func() bool { return fake.lanes.Load() > 0 })
			_ = client.Close()
			if err := <-opened; err == nil {
				t.Error("the streams are open")
			}
		})
	}
}
