package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/hashicorp/go-plugin"

	"github.com/switchhook/switchhook/sdk/wire"
)

// killPatience is how long the host waits for what SIGKILL should do at once: a
// process that a driver holds in the kernel may take its time, or for ever.
const killPatience = 5 * time.Second

// child is the end of a link that is a process of the gateway's own, with what was
// made for it.
type child struct {
	program program
	sockets string
	log     *slog.Logger
	proc    *process
	library *plugin.Client
	killing sync.WaitGroup // of one that was condemned
}

// connect runs go-plugin's blocking start. When ctx ends first the process is
// killed, which makes go-plugin return.
func (c *child) connect(ctx context.Context, _ *slog.Logger) (*wire.Client, int, error) {
	type result struct {
		client *wire.Client
		err    error
	}
	done := make(chan result, 1)
	go func() {
		client, err := dial(c.library)
		done <- result{client, err}
	}()
	stop := context.AfterFunc(ctx, c.proc.kill)
	defer stop()
	r := <-done
	return r.client, c.pid(), r.err
}

// dial has go-plugin start the process and connect to it. go-plugin reads what
// the plugin sent, and a panic in it must cost this start only.
func dial(library *plugin.Client) (client *wire.Client, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("start by go-plugin panicked: %v\n%s", r, debug.Stack())
		}
	}()
	protocol, err := library.Client()
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	end, err := protocol.Dispense(wire.PluginKey)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	client, ok := end.(*wire.Client)
	if !ok {
		return nil, fmt.Errorf("connect: the link is a %T", end)
	}
	return client, nil
}

func (c *child) pid() int { return int(c.proc.pid.Load()) }

func (c *child) fate() (exitReason, error) {
	end := c.proc.exitCause()
	return end.reason(), fmt.Errorf("it %s", end)
}

// dumpPatience is how long a process that does not answer gets to print what its
// goroutines are at. It ends as soon as it has; who holds every processor of a busy
// machine needs more than a moment for it.
const dumpPatience = 2 * time.Second

func (c *child) condemn() {
	c.proc.askForDump()
	c.killing.Go(func() {
		c.proc.endsWithin(dumpPatience)
		c.proc.kill()
	})
}

func (c *child) stop(ctx context.Context, grace time.Duration) error {
	c.proc.terminate()
	patience, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	select {
	case <-c.proc.dead:
		return nil
	case <-patience.Done():
		return errors.New("SIGTERM was not followed in time, so it was killed")
	}
}

// release kills what still runs and removes its files. Those of one that the kernel holds
// stay for the next start's sweep.
func (c *child) release() {
	c.proc.kill()
	c.killing.Wait()
	if c.pid() > 0 && !c.proc.awaitDone(killPatience) {
		c.log.Error("plugin process cannot be killed: the kernel holds it", "pid", c.pid())
		return
	}
	// The process is dead, so that Kill only lets go of go-plugin's connection
	// and goroutines; it has no bound of its own.
	released := make(chan struct{})
	go func() {
		defer close(released)
		c.library.Kill()
	}()
	timeout := time.NewTimer(killPatience)
	defer timeout.Stop()
	select {
	case <-released:
	case <-timeout.C:
		c.log.Error("go-plugin does not let go of a dead process", "pid", c.pid())
	}
	os.RemoveAll(c.sockets) //nolint:errcheck,gosec // Swept at the next start if it stays.
}
