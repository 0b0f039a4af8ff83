package wire_test

import (
	"context"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/stats"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire"
	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

// stalled is a link whose plugin reads nothing, so that all that is sent beyond
// a first message stays in the queue.
func stalled(t *testing.T, options wire.ClientOptions) (client *wire.Client, resume func(), batches func() []int) {
	t.Helper()
	hold := make(chan struct{})
	var mu sync.Mutex
	var sizes []int
	fake := &fakePlugin{hold: hold, onMessage: func(m *wirepb.HandleStreamRequest) {
		mu.Lock()
		defer mu.Unlock()
		sizes = append(sizes, len(m.GetCalls()))
	}}
	client = fake.connect(t, options)
	return client, sync.OnceFunc(func() { close(hold) }), func() []int {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(sizes)
	}
}

// fill makes the writer wait: more bytes than gRPC takes without being read.
func fill(t *testing.T, client *wire.Client) {
	t.Helper()
	for range 2 {
		cb := event(afterCommand)
		cb.Body = make([]byte, 1<<20)
		go func() { _, _ = client.Handle(context.Background(), cb) }()
	}
	until(t, "both are under way", func() bool { return client.InFlight() == 2 })
}

func TestQueuedFramesTravelTogether(t *testing.T) {
	t.Parallel()
	const calls = 200
	client, resume, batches := stalled(t, wire.ClientOptions{})
	fill(t, client)
	var wg sync.WaitGroup
	for range calls {
		wg.Go(func() {
			if _, err := client.Handle(context.Background(), event(afterCommand)); err != nil {
				t.Error(err)
			}
		})
	}
	until(t, "all are queued", func() bool { return client.InFlight() == calls+2 })
	resume()
	wg.Wait()
	sizes := batches()
	if largest := slices.Max(sizes); largest != 64 {
		t.Errorf("the largest message has %d frames, want 64; all: %v", largest, sizes)
	}
	if len(sizes) > 2+1+(calls+63)/64 {
		t.Errorf("%d calls took %d messages: %v", calls, len(sizes), sizes)
	}
}

func TestMessageEndsAtItsBytes(t *testing.T) {
	t.Parallel()
	client, resume, batches := stalled(t, wire.ClientOptions{})
	fill(t, client)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			cb := event(afterCommand)
			cb.Body = make([]byte, 100<<10)
			if _, err := client.Handle(context.Background(), cb); err != nil {
				t.Error(err)
			}
		})
	}
	until(t, "all are queued", func() bool { return client.InFlight() == 10 })
	resume()
	wg.Wait()
	if largest := slices.Max(batches()); largest != 2 {
		t.Errorf("a message has %d frames of 100 KiB, want 2; all: %v", largest, batches())
	}
}

func TestFullQueueIsOverloaded(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]wire.ClientOptions{
		"in frames": {QueueFrames: 4},
		"in bytes":  {QueueBytes: 2 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, resume, _ := stalled(t, options)
			results := make(chan error, 64)
			cb := event(afterCommand)
			cb.Body = make([]byte, 512<<10)
			for range 64 {
				go func() {
					_, err := client.Handle(context.Background(), cb)
					results <- err
				}()
			}
			want(t, <-results, sdk.KindOverloaded) // the rest waits: only a refusal returns
			resume()
			refused := 1
			for range 63 {
				if err := <-results; err != nil {
					want(t, err, sdk.KindOverloaded)
					refused++
				}
			}
			if refused == 64 {
				t.Error("none was served")
			}
		})
	}
}

func TestGivenUpCallNeverLeavesTheQueue(t *testing.T) {
	t.Parallel()
	client, resume, batches := stalled(t, wire.ClientOptions{})
	fill(t, client)
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() {
		_, err := client.Handle(ctx, event(afterCommand))
		result <- err
	}()
	until(t, "it is queued", func() bool { return client.InFlight() == 3 })
	cancel()
	want(t, <-result, sdk.KindTimeout)
	resume()
	until(t, "all places are free", func() bool { return client.InFlight() == 0 })
	total := 0
	for _, n := range batches() {
		total += n
	}
	if total != 2 {
		t.Errorf("the plugin got %d calls, want the two before", total)
	}
}

func TestAnswersTravelTogetherToo(t *testing.T) {
	t.Parallel()
	const calls = 200
	var answered atomic.Int32
	server := wire.NewServer(wire.Service{Handler: sdk.HandlerFunc(func(_ context.Context, cb sdk.Callback) (sdk.Reply, error) {
		defer answered.Add(1)
		return sdk.Reply{Info: strings.Repeat("x", cb.Attempt)}, nil
	})})
	var written largeWrites
	gs := server.NewGRPC([]grpc.ServerOption{grpc.StatsHandler(&written)})
	wirepb.RegisterPluginServiceServer(gs, server)
	stream, err := wirepb.NewPluginServiceClient(serveOn(t, gs,
		grpc.WithInitialWindowSize(smallWindow), grpc.WithInitialConnWindowSize(smallWindow))).HandleStream(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	send := func(first, n uint64, size uint32) {
		m := &wirepb.HandleStreamRequest{}
		for i := range n {
			m.Calls = append(m.Calls, &wirepb.HandleRequest{Sequence: first + i, Attempt: size})
		}
		if err := stream.Send(m); err != nil {
			t.Fatal(err)
		}
	}
	// A large answer that nobody reads makes the writer wait with whatever comes next.
	send(1, 2, largeWrite)
	until(t, "a large one is written", func() bool { return written.count.Load() > 0 })
	send(3, calls, 1)
	until(t, "all are answered", func() bool { return answered.Load() == calls+2 })
	until(t, "all answers are queued", func() bool { return !running("(*track).answer") })
	var sizes []int
	for left := calls + 2; left > 0; {
		m, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if n := len(m.GetAnswers()); n > 0 {
			sizes = append(sizes, n)
			left -= n
		}
	}
	if slices.Max(sizes) != 64 || len(sizes) > 2+1+(calls+63)/64 {
		t.Errorf("answers a message: %v", sizes)
	}
	server.Stop()
}

// running reports whether a goroutine is in that function.
func running(function string) bool {
	var stacks strings.Builder
	_ = pprof.Lookup("goroutine").WriteTo(&stacks, 1) // a Builder takes all
	return strings.Contains(stacks.String(), function)
}

const largeWrite = 1 << 20

// largeWrites counts the large messages that a server has handed to its connection.
type largeWrites struct{ count atomic.Int32 }

func (l *largeWrites) HandleRPC(_ context.Context, s stats.RPCStats) {
	if out, ok := s.(*stats.OutPayload); ok && out.Length >= largeWrite {
		l.count.Add(1)
	}
}

func (*largeWrites) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }

func (*largeWrites) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (*largeWrites) HandleConn(context.Context, stats.ConnStats)                       {}
