package cli_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/cli"
)

// watched is an output that calls see with all of it at every write.
type watched struct {
	mu   sync.Mutex
	text bytes.Buffer
	see  func(all string)
}

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, err := w.text.Write(p)
	w.see(w.text.String())
	return n, err
}

// serveInbox serves the admin side of g at socket until stop is called.
func serveInbox(t *testing.T, g *gateway, measured prometheus.Gatherer, socket string) (stop func()) {
	t.Helper()
	server, err := admin.New(admin.Options{
		Gatherer: measured, Logger: slog.New(slog.DiscardHandler),
		Status:  func() admin.Status { return g.status },
		Plugins: func() []admin.Plugin { return nil }, Routes: func() []admin.Route { return nil },
		Inbox: g.keep(),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	l, err := admin.ListenSocket(ctx, socket)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func(l net.Listener) { done <- server.Serve(ctx, l) }(l)
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func inboxCopy(seq uint64, command, plugin string) admin.InboxCopy {
	return admin.InboxCopy{
		InboxEvent:    admin.InboxEvent{Seq: seq, ID: "id-" + string(rune('0'+seq)), Command: command, AppID: "1"},
		InboxDelivery: admin.InboxDelivery{Plugin: plugin, State: "ready", Purpose: "live"},
	}
}

// Each copy is shown once, those that the filter leaves out never, and a gateway that
// is started again is waited for.
func TestTailShowsWhatIsNew(t *testing.T) {
	t.Parallel()
	const event, other = "Sns.CallbackBlackListAdd", "State.StateChange"
	dir, err := os.MkdirTemp("", "sh") //nolint:usetesting // t.TempDir is too long for a socket's path
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, admin.SocketName)
	g := &gateway{inbox: fakeInbox{Copies: []admin.InboxCopy{inboxCopy(1, event, "a"), inboxCopy(2, event, "a"), inboxCopy(3, other, "z")}}}
	add := func(more ...admin.InboxCopy) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.inbox.Copies = append(slices.Clip(g.inbox.Copies), more...)
	}
	stop := serveInbox(t, g, prometheus.NewRegistry(), socket)
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	shown, shut, away := make(chan struct{}), make(chan struct{}), make(chan struct{})
	back := make(chan struct{})
	var first, second, third, fourth sync.Once
	out := &watched{see: func(all string) {
		if strings.Contains(all, "id-2") {
			first.Do(func() { close(shown) })
		}
		if strings.Contains(all, "id-4  1  "+event+"  c") { // the last of what there is to ask for
			fourth.Do(func() { close(back) })
		}
		if strings.Contains(all, "id-7") {
			interrupt()
		}
	}}
	complaints := &watched{see: func(all string) {
		if strings.Contains(all, "the inbox is closed; waiting for it\n") {
			second.Do(func() { close(shut) })
		}
		if strings.Contains(all, "no gateway answers") {
			third.Do(func() { close(away) })
		}
	}}
	code := make(chan int, 1)
	go func() {
		line := []string{"inbox", "events", "tail", "--lines", "1", "--command", "Sns.*", "--admin", socket}
		code <- cli.Program{}.Execute(ctx, line, nil, out, complaints)
	}()
	closed := func(closed bool) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.inbox.Closed = closed
	}
	<-shown
	closed(true)
	<-shut
	add(inboxCopy(4, event, "a"), inboxCopy(4, event, "b"), inboxCopy(4, event, "c"), inboxCopy(5, other, "a"))
	closed(false)
	<-back
	stop()
	<-away
	add(inboxCopy(6, other, "a"), inboxCopy(7, event, "a"))
	stop = serveInbox(t, g, prometheus.NewRegistry(), socket)
	defer stop()
	if got := <-code; got != cli.ExitOK {
		t.Errorf("exit code %d: %s", got, complaints.text.String())
	}
	var ids []string
	for line := range strings.Lines(out.text.String()) {
		fields := strings.Fields(line)
		ids = append(ids, fields[0]+fields[3])
	}
	if got := strings.Join(ids, " "); got != "id-2a id-4a id-4b id-4c id-7a" {
		t.Errorf("shown: %s", got)
	}
}

// On a terminal a bar shows how far long work is; any character device is taken for
// one.
func TestABarIsDrawnOnATerminal(t *testing.T) {
	t.Parallel()
	device, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = device.Close() }()
	dir, err := os.MkdirTemp("", "sh") //nolint:usetesting // t.TempDir is too long for a socket's path
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	g := &gateway{inbox: fakeInbox{Dropped: 2, Replay: admin.InboxReplayReport{Matched: 1, Queued: 1}}}
	defer serveInbox(t, g, prometheus.NewRegistry(), filepath.Join(dir, admin.SocketName))()
	for _, line := range []string{"dead drop --yes", "replay --yes", "check", "subscriptions backfill a Sns.* --since 2h"} {
		args := append([]string{"inbox"}, strings.Fields(line)...)
		if code := (cli.Program{}).Execute(t.Context(), append(args, "--admin", filepath.Join(dir, admin.SocketName)), nil, io.Discard, device); code != cli.ExitOK {
			t.Errorf("%s: exit code %d", line, code)
		}
	}
}

// full is an output that takes nothing, such as a full disk.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no room") }

func TestTailEndsWhereItCannotShowAnything(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "sh") //nolint:usetesting // t.TempDir is too long for a socket's path
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	g := &gateway{}
	looked := make(chan struct{})
	g.inbox.looked = sync.OnceFunc(func() { close(looked) })
	defer serveInbox(t, g, prometheus.NewRegistry(), filepath.Join(dir, admin.SocketName))()
	code := make(chan int, 1)
	go func() {
		line := []string{"inbox", "events", "tail", "--lines", "0", "--admin", filepath.Join(dir, admin.SocketName)}
		code <- cli.Program{}.Execute(t.Context(), line, nil, full{}, io.Discard)
	}()
	<-looked
	g.mu.Lock()
	g.inbox.Copies = []admin.InboxCopy{inboxCopy(1, "Sns.CallbackBlackListAdd", "a")}
	g.mu.Unlock()
	if got := <-code; got != cli.ExitFailed {
		t.Errorf("exit code %d", got)
	}
}
