package serve_test

import (
	"context"
	"encoding/json"
	"strings"
	"syscall"
	"testing"

	"github.com/switchhook/switchhook/sdk/wire"
)

// ways in which a plugin can be stuck, each with what asks for it.
func stuckWays() map[string]func(t *testing.T, p *byHand) (leave func()) {
	handle := func(t *testing.T, p *byHand, open bool) func() {
		t.Helper()
		client, leave := p.attach(t, "")
		if open {
			if err := client.Open(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		go func() { _, _ = client.Handle(context.Background(), call("Test.Stuck")) }() // the link is cut
		return leave
	}
	return map[string]func(*testing.T, *byHand) func(){
		"in a handler, on a stream": func(t *testing.T, p *byHand) func() { t.Helper(); return handle(t, p, true) },
		"in a handler, by itself":   func(t *testing.T, p *byHand) func() { t.Helper(); return handle(t, p, false) },
		"in Start": func(t *testing.T, p *byHand) func() {
			t.Helper()
			client, leave := p.connect(t)
			go func() {
				_ = client.Configure(context.Background(), wire.Configuration{Config: json.RawMessage(`{"greeting": "stuck"}`)}) // the link is cut
			}()
			return leave
		},
	}
}

// Two gateways after each other are two lives of the plugin, never at once.
func TestPluginByHandThatIsStuckLetsNobodyIn(t *testing.T) {
	t.Parallel()
	for name, ask := range stuckWays() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := wait(t, shortDir(t))
			leave := ask(t, p)
			p.stderr.await(t, "msg=stuck")
			leave()
			p.stderr.await(t, "no other gateway is let in until it has")
			next, _ := p.connect(t)
			if _, err := next.Describe(t.Context()); err == nil {
				t.Error("another gateway was let in")
			}
			p.stderr.reset()
			if err := p.cmd.Process.Signal(syscall.SIGUSR1); err != nil {
				t.Fatal(err)
			}
			p.stderr.await(t, "the gateway has left")
			if closed := strings.Contains(p.stderr.String(), "msg=closed"); closed != (name != "in Start") {
				t.Errorf("Close has run: %v\n%s", closed, p.stderr)
			}
			p.attach(t, "")
			if code := p.interrupt(t); code != 0 {
				t.Errorf("exit code = %d\n%s", code, p.stderr)
			}
		})
	}
}

func TestPluginByHandThatIsStuckEndsAtTheFirstInterrupt(t *testing.T) {
	t.Parallel()
	for name, ask := range stuckWays() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := wait(t, shortDir(t))
			ask(t, p)
			p.stderr.await(t, "msg=stuck")
			if code := p.interrupt(t); code != 1 || !strings.Contains(p.stderr.String(), "does not return though its context has ended") {
				t.Errorf("exit code = %d\n%s", code, p.stderr)
			}
		})
	}
}
