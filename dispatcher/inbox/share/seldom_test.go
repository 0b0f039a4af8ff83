package share_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/inbox"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

// refusing hands nothing out, and says so at once.
type refusing struct {
	*member
	claims, batons atomic.Int64
}

func (r *refusing) Claim(context.Context, string, int) (store.Claim, error) { //nolint:ireturn // the interface's own
	r.claims.Add(1)
	return nil, errDead
}

func (r *refusing) Baton(context.Context, string, func(context.Context)) error {
	r.batons.Add(1)
	return errDead
}

// lines is a log.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// counted counts its lines by what they say, and of which plugin.
func (l *lines) counted(t *testing.T) map[string]int {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	n := map[string]int{}
	for all := bufio.NewScanner(bytes.NewReader(l.text.Bytes())); all.Scan(); {
		var line struct{ Msg, Plugin string }
		if err := json.Unmarshal(all.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		n[line.Msg+" "+line.Plugin]++
	}
	return n
}

// What is tried again every second is not said as often.
func TestWhatFailsAgainAndAgainIsSaidOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, 0, inbox.Settings{})
	s, said := &refusing{member: r.join()}, &lines{}
	b, err := inbox.Open(t.Context(), inbox.Options{
		Store: s, Serves: func(string, string) string { return "" }, Logger: slog.New(slog.NewJSONHandler(said, nil)),
		Deliver: func(context.Context, string, sdk.Callback) (sdk.Reply, error) { return sdk.Reply{}, nil },
		Knows:   func(string, sdk.Purpose) bool { return true },
		Lost:    func(error) bool { return false }, Poison: func(error) bool { return false },
		Key: func(cb sdk.Callback) (string, bool) { return cb.Key, cb.Key != "" },
	})
	if err != nil {
		t.Fatal(err)
	}
	b.Start()
	r.await("it was tried three times", func() bool { return s.batons.Load() >= 3 && s.claims.Load() >= int64(3*len(plugins)) })
	if err := b.Close(t.Context()); err != nil {
		t.Error(err)
	}
	counted := said.counted(t)
	for what, n := range counted {
		if n != 1 {
			t.Errorf("%q is said %d times", what, n)
		}
	}
	if len(counted) != 1+len(plugins) {
		t.Errorf("it says %v", counted)
	}
}
