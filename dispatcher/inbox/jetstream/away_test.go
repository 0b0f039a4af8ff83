package jetstream_test

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/natstest"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// heard counts a log's lines by what they say.
type heard struct {
	slog.Handler

	mu    sync.Mutex
	lines map[string]int
}

func (h *heard) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }

func (h *heard) Handle(_ context.Context, r slog.Record) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines[r.Message]++
	return nil
}

func (h *heard) all() map[string]int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return maps.Clone(h.lines)
}

// Whoever waits to be handed something, or for a baton, waits for the cluster too: what is
// wrong is said once, and not by everybody who waits, again and again.
func TestWhoWaitsToBeHandedSomethingOutwaitsTheCluster(t *testing.T) {
	t.Parallel()
	node := natstest.Start(t, natstest.Options{})
	said := &heard{Handler: slog.DiscardHandler, lines: map[string]int{}}
	s, err := jetstream.Open(t.Context(), jetstream.Options{Dir: t.TempDir(), Logger: slog.New(said), Cluster: cluster.Options{
		Servers: []string{node.URL()}, Prefix: "patient", Replicas: 1, MaxBytes: 64 << 20,
	}})
	must(t, err)
	node.Kill()
	eventually(t, "the cluster is missed", func() bool { why, _ := s.Trouble(); return why != "" })
	within, end := context.WithTimeout(t.Context(), time.Minute)
	defer end()
	handed, held := make(chan []uint64, 1), make(chan error, 1)
	go func() {
		claim, err := s.Claim(within, "a", 10)
		if err != nil {
			t.Errorf("a claim while the cluster is away: %v", err)
			handed <- nil
			return
		}
		handed <- claim.Seqs()
		_ = claim.Done()
	}()
	go func() { held <- s.Baton(within, "some", func(context.Context) {}) }()
	short, cut := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cut()
	if _, err := s.Claim(short, "a", 10); err == nil || short.Err() == nil {
		t.Errorf("a claim that is not waited for for long ends with %v", err)
	}
	if all := said.all(); len(all) != 1 {
		t.Errorf("while it is away the log says %v", all)
	}
	node.Start()
	eventually(t, "it commits again", func() bool { return s.Commit(t.Context(), &store.Batch{}) == nil })
	accept(t, s, 1, 1, "a")
	same(t, "what is handed out", []uint64{1}, <-handed)
	if err := <-held; err != nil {
		t.Errorf("a baton while the cluster is away: %v", err)
	}
	closed(t, s)
	same(t, "what the log says in all", map[string]int{
		"nats connection lost: nothing is accepted or handed out until a server is found again": 1,
		"nats connection found again": 1,
	}, said.all())
}

// A view cannot have what lies in a cluster that is away, and is not slow for that.
func TestAViewThatLacksSomethingOfAClusterThatIsAwayIsNotBlamed(t *testing.T) {
	t.Parallel()
	h := newHistory()
	cable := h.connect()
	s, err := jetstream.OpenOn(t.Context(), cable, h, jetstream.Options{Dir: t.TempDir()})
	must(t, err)
	t.Cleanup(func() { closed(t, s) })
	h.set(func() { cable.deaf = true })
	accept(t, gateway(t, h), 1, 1, "a")
	eventually(t, "it is behind", func() bool { why, _ := s.Trouble(); return strings.Contains(why, "behind its log") })
	if err := s.Commit(t.Context(), &store.Batch{}); !errors.Is(err, jetstream.ErrBehind) {
		t.Errorf("while it is behind it says %v", err)
	}
	h.set(func() { h.away, h.turned = true, time.Now() })
	if err := s.Commit(t.Context(), &store.Batch{}); !errors.Is(err, cluster.ErrUnreachable) || errors.Is(err, jetstream.ErrBehind) {
		t.Errorf("while the cluster is away it says %v", err)
	}
	h.set(func() { h.away, h.turned, cable.deaf = false, time.Now(), false })
	if err := s.Commit(t.Context(), &store.Batch{}); err != nil {
		t.Errorf("when it is back it says %v", err)
	}
}
